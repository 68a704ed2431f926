using Mlorq.IntraLayer;
using Mlorq.Layers;
using Mlorq.Onnx.Graphs;
using Mlorq.Rewriting;
using Mlorq.Rounding;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace Mlorq.InterLayer;

/// <summary>
/// ⟨E, D_s⟩ of the candidates of a kernel, a table or embeddings, row by row: rows of a table that no sample looked up have no gradient, and no matrix of errors is ever whole.
/// </summary>
internal sealed class KernelErrors(KernelLayer layer, IReadOnlyList<RoundedLayer> candidates)
{
    /// <summary>The products of all candidates [candidates, samples].</summary>
    /// <param name="gradients">For each sample the gradients by tensor.</param>
    public double[,] Products(IReadOnlyList<IReadOnlyDictionary<string, Tensor>> gradients)
    {
        var result = new double[candidates.Count, gradients.Count];
        var (columns, error) = (layer.Columns, new float[layer.Columns]);
        for (var i = 0; i < layer.Rows; i++)
        {
            var seen = Enumerable.Range(0, gradients.Count).Where(s => RowOf(gradients[s][layer.TensorName], i).ContainsAnyExcept(0f)).ToList();
            if (seen.Count == 0) continue;
            for (var c = 0; c < candidates.Count; c++)
            {
                if (candidates[c].Candidate is Candidate.Single) continue;
                var original = RowOf(layer.Values, i);
                Stored(candidates[c], i, original, error);
                TensorPrimitives.Subtract(original, error, error);
                foreach (var s in seen) result[c, s] += TensorPrimitives.Dot(error, RowOf(gradients[s][layer.TensorName], i));
            }
        }

        return result;

        ReadOnlySpan<float> RowOf(Tensor tensor, int row) => tensor.Floats.Slice(row * columns, columns);
    }

    private static void Stored(RoundedLayer candidate, int row, ReadOnlySpan<float> original, Span<float> values)
    {
        if (candidate is RoundedLayer.Kernel kernel) kernel.Weight.DequantizeRow(row, values);
        else if (candidate.Candidate is Candidate.Rows8) RowBytes.Restored(original).CopyTo(values);
        else for (var j = 0; j < values.Length; j++) values[j] = (float)(Half)original[j];
    }
}
