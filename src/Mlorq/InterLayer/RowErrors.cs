using Mlorq.Layers;
using Mlorq.Numerics;
using Mlorq.Onnx.Graphs;
using Mlorq.Quantization;
using Mlorq.Rewriting;
using Mlorq.Rounding;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace Mlorq.InterLayer;

/// <summary>
/// ⟨E, D_s⟩ of a linear layer's candidates in low-bit formats, summed row by row: so candidates that share a matrix, as those with rows of two widths
/// do, have it gone through once, and no matrix of errors is ever whole.
/// </summary>
internal sealed class RowErrors
{
    // Their gradients, of a few samples, stay in the cache while all candidates pass.
    private const int RowsAtOnce = 16;

    private readonly LinearLayer _layer;
    private readonly IReadOnlyList<RoundedLayer> _candidates;
    private readonly List<QuantizedMatrix> _parts;

    /// <summary>Errors of candidates that are dense or have rows of two widths.</summary>
    public RowErrors(LinearLayer layer, IReadOnlyList<RoundedLayer> candidates)
    {
        (_layer, _candidates) = (layer, candidates);
        _parts = [.. candidates.SelectMany(PartsOf).Distinct(ReferenceEqualityComparer.Instance).Cast<QuantizedMatrix>()];
    }

    /// <summary>The products of all candidates [candidates, samples].</summary>
    /// <param name="gradients">For each sample the gradients by tensor, that of the weight as MatMul stores it, [in, out].</param>
    public double[,] Products(IReadOnlyList<IReadOnlyDictionary<string, Tensor>> gradients)
    {
        var rows = RowProducts(gradients);
        var result = new double[_candidates.Count, gradients.Count];
        for (var c = 0; c < _candidates.Count; c++)
        {
            var parts = PartsOf(_candidates[c]).Select(p => rows[p]).ToList();
            var isHigh = (_candidates[c] as RoundedLayer.MixedRows)?.IsHigh;
            var bias = BiasErrors(_candidates[c]);
            for (var s = 0; s < gradients.Count; s++)
            {
                double sum = 0;
                for (var i = 0; i < _layer.OutFeatures; i++) sum += parts[isHigh is not null && isHigh[i] ? 1 : 0][s, i];
                result[c, s] = sum + BiasProduct(bias, gradients[s]);
            }
        }

        return result;
    }

    private static IEnumerable<QuantizedMatrix> PartsOf(RoundedLayer candidate) => candidate switch
    {
        RoundedLayer.Dense dense => [dense.Weight],
        RoundedLayer.MixedRows mixed => [mixed.Low, mixed.High],
        _ => throw new ArgumentException($"No rows of {candidate.GetType().Name}.", nameof(candidate)),
    };

    // For each matrix, and each sample, what each row of W − Ŵ adds to the product, [samples, out].
    private Dictionary<QuantizedMatrix, float[,]> RowProducts(IReadOnlyList<IReadOnlyDictionary<string, Tensor>> gradients)
    {
        var result = new Dictionary<QuantizedMatrix, float[,]>(ReferenceEqualityComparer.Instance);
        foreach (var part in _parts) result.Add(part, new float[gradients.Count, _layer.OutFeatures]);
        var rows = gradients.Select(_ => new Matrix<float>(RowsAtOnce, _layer.InFeatures)).ToList();
        var error = new float[_layer.InFeatures];
        for (var first = 0; first < _layer.OutFeatures; first += RowsAtOnce)
        {
            var count = Math.Min(RowsAtOnce, _layer.OutFeatures - first);
            for (var s = 0; s < rows.Count; s++) LoadRows(gradients[s][_layer.TensorName].Floats[first..], count, rows[s]);
            foreach (var (part, products) in result)
            {
                for (var r = 0; r < count; r++)
                {
                    part.DequantizeRow(first + r, error);
                    TensorPrimitives.Subtract(_layer.Weight.Row(first + r), error, error);
                    for (var s = 0; s < rows.Count; s++) products[s, first + r] = TensorPrimitives.Dot<float>(error, rows[s].Row(r));
                }
            }
        }

        return result;
    }

    private void LoadRows(ReadOnlySpan<float> gradient, int count, Matrix<float> rows)
    {
        for (var j = 0; j < rows.Columns; j++)
        {
            var column = gradient.Slice(j * _layer.OutFeatures, count);
            for (var r = 0; r < count; r++) rows[r, j] = column[r];
        }
    }

    private float[] BiasErrors(RoundedLayer candidate)
    {
        if (_layer.Bias is not { } bias) return [];
        var stored = SimulatedWeights.BiasOf(candidate);
        return [.. bias.Values.Select((b, i) => b - stored[i])];
    }

    private double BiasProduct(float[] errors, IReadOnlyDictionary<string, Tensor> gradients)
    {
        double sum = 0;
        if (_layer.Bias is not { } bias || !gradients.TryGetValue(bias.TensorName, out var gradient)) return sum;
        for (var i = 0; i < errors.Length; i++) sum += (double)errors[i] * gradient.Floats[i];
        return sum;
    }
}
