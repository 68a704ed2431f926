using Mlorq.IntraLayer;
using Mlorq.Layers;
using Mlorq.Numerics;
using Mlorq.Onnx.Graphs;
using Mlorq.Quantization;

namespace Mlorq.Rounding;

/// <summary>A layer with its final values.</summary>
/// <param name="Layer">The layer.</param>
/// <param name="Candidate">How it is stored.</param>
public abstract record RoundedLayer(Layer Layer, Candidate Candidate)
{
    /// <summary>A linear layer in one low-bit format.</summary>
    /// <param name="Linear">The layer.</param>
    /// <param name="Choice">The candidate.</param>
    /// <param name="Weight">Ŵ [out, in].</param>
    /// <param name="Bias">[out]; empty where the layer has none.</param>
    public sealed record Dense(LinearLayer Linear, Candidate.Dense Choice, QuantizedMatrix Weight, float[] Bias)
        : RoundedLayer(Linear, Choice);

    /// <summary>A linear layer with two formats, one of them for each row.</summary>
    /// <param name="Linear">The layer.</param>
    /// <param name="Choice">The candidate.</param>
    /// <param name="Low">All rows [out, in] in the narrow format; shared with the candidate that has it for all rows.</param>
    /// <param name="High">All rows [out, in] in the wide format, likewise.</param>
    /// <param name="IsHigh">[out]; which rows are taken from <paramref name="High"/>.</param>
    /// <param name="Bias">[out]; empty where the layer has none.</param>
    public sealed record MixedRows(LinearLayer Linear, Candidate.MixedRows Choice, QuantizedMatrix Low, QuantizedMatrix High, bool[] IsHigh, float[] Bias)
        : RoundedLayer(Linear, Choice)
    {
        /// <summary>Ŵ [out, in].</summary>
        public Matrix<float> Dequantize()
        {
            var result = new Matrix<float>(IsHigh.Length, Low.Grids.Columns);
            for (var i = 0; i < IsHigh.Length; i++) Of(i).DequantizeRow(i, result.Row(i));
            return result;
        }

        /// <summary>The matrix that a row is taken from.</summary>
        internal QuantizedMatrix Of(int row) => IsHigh[row] ? High : Low;
    }

    /// <summary>A linear layer as two low-bit factors.</summary>
    /// <param name="Linear">The layer.</param>
    /// <param name="Choice">The candidate.</param>
    /// <param name="Left">[out, rank].</param>
    /// <param name="Right">[rank, in].</param>
    /// <param name="Bias">[out]; empty where the layer has none.</param>
    public sealed record LowRank(LinearLayer Linear, Candidate.LowRank Choice, QuantizedMatrix Left, QuantizedMatrix Right, float[] Bias)
        : RoundedLayer(Linear, Choice)
    {
        /// <summary>Left · Right, [out, in].</summary>
        public Matrix<float> Product() => MatrixProduct.Multiply(Left.Dequantize(), Right.Dequantize());
    }

    /// <summary>A kernel in one low-bit format.</summary>
    /// <param name="Original">The layer.</param>
    /// <param name="Choice">The candidate.</param>
    /// <param name="Weight">Its matrix; of a convolution [out, in/groups · height · width].</param>
    public sealed record Kernel(KernelLayer Original, Candidate.Dense Choice, QuantizedMatrix Weight)
        : RoundedLayer(Original, Choice);

    /// <summary>A layer whose stored values follow from the original ones without a choice: single, half, bytes with row scales.</summary>
    /// <param name="Original">The layer.</param>
    /// <param name="Choice">The candidate.</param>
    public sealed record Converted(Layer Original, Candidate Choice)
        : RoundedLayer(Original, Choice)
    {
        /// <summary>What is stored instead of the original values; null for those.</summary>
        public Tensor? Values { get; init; }
    }
}
