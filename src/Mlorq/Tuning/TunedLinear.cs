using Mlorq.Layers;
using Mlorq.Numerics;
using Mlorq.Onnx.Graphs;
using Mlorq.Rounding;

namespace Mlorq.Tuning;

/// <summary>A linear layer: scales and bias, and codes if wanted.</summary>
internal abstract class TunedLinear(LinearLayer layer, float[] bias, IReadOnlyList<TunedMatrix> matrices) : TunedLayer
{
    private readonly TunedNumbers _bias = new(bias);

    /// <summary>Ŵ [out, in] as it is now.</summary>
    protected abstract Matrix<float> Weight();

    /// <summary>Takes the gradient by Ŵ, [out, in].</summary>
    protected abstract void Accept(Matrix<float> gradient);

    /// <summary>The bias as it is now.</summary>
    protected float[] Bias => _bias.Values();

    public override IEnumerable<(string Name, Tensor Value)> Values()
    {
        yield return (layer.TensorName, Tensor.Of(Weight().Transpose().Values.AsSpan(), [.. layer.Shape]));
        if (layer.Bias is not null) yield return (layer.Bias.TensorName, Tensor.Of(Bias.AsSpan(), bias.Length));
    }

    public override void Accept(IReadOnlyDictionary<string, Tensor> gradients)
    {
        if (gradients.TryGetValue(layer.TensorName, out var weight)) Accept(new Matrix<float>(layer.InFeatures, layer.OutFeatures, weight.Floats.ToArray()).Transpose());
        if (layer.Bias is not null && gradients.TryGetValue(layer.Bias.TensorName, out var row)) _bias.Accept(row.Floats);
    }

    public override void Regularize(float weight, float beta)
    {
        foreach (var matrix in matrices) matrix.Regularize(weight, beta);
    }

    public override void Step(LearningRates rates)
    {
        foreach (var matrix in matrices) matrix.Step(rates);
        _bias.Vector.Step(rates.Numbers);
    }
}

/// <summary>A whole matrix in one format.</summary>
internal sealed class TunedDense(RoundedLayer.Dense rounded, TunedMatrix matrix) : TunedLinear(rounded.Linear, rounded.Bias, [matrix])
{
    public TunedDense(RoundedLayer.Dense rounded, bool withCodes)
        : this(rounded, new TunedMatrix(rounded.Weight, withCodes ? rounded.Linear.Weight : null))
    {
    }

    protected override Matrix<float> Weight() => matrix.Values();

    protected override void Accept(Matrix<float> gradient) => matrix.Accept(gradient);

    public override RoundedLayer Finish() => rounded with { Weight = matrix.Finish(), Bias = Bias };
}

/// <summary>Rows of two widths: two matrices, each of which hears of its own rows.</summary>
internal sealed class TunedRows(RoundedLayer.MixedRows rounded, TunedMatrix low, TunedMatrix high) : TunedLinear(rounded.Linear, rounded.Bias, [low, high])
{
    public TunedRows(RoundedLayer.MixedRows rounded, bool withCodes)
        : this(rounded, Matrix(rounded, rounded.Low, withCodes), Matrix(rounded, rounded.High, withCodes))
    {
    }

    protected override Matrix<float> Weight() => Joined(low.Values(), high.Values());

    protected override void Accept(Matrix<float> gradient)
    {
        var none = new Matrix<float>(gradient.Rows, gradient.Columns);
        low.Accept(Joined(gradient, none));
        high.Accept(Joined(none, gradient));
    }

    public override RoundedLayer Finish() => rounded with { Low = low.Finish(), High = high.Finish(), Bias = Bias };

    private static TunedMatrix Matrix(RoundedLayer.MixedRows rounded, Quantization.QuantizedMatrix matrix, bool withCodes) => new(matrix, withCodes ? rounded.Linear.Weight : null);

    private Matrix<float> Joined(Matrix<float> ofLow, Matrix<float> ofHigh)
    {
        var result = ofLow.Copy();
        for (var i = 0; i < result.Rows; i++)
        {
            if (rounded.IsHigh[i]) ofHigh.Row(i).CopyTo(result.Row(i));
        }

        return result;
    }
}

/// <summary>Two factors, both at once.</summary>
internal sealed class TunedPair(RoundedLayer.LowRank rounded, TunedMatrix left, TunedMatrix right) : TunedLinear(rounded.Linear, rounded.Bias, [left, right])
{
    public TunedPair(RoundedLayer.LowRank rounded, bool withCodes)
        : this(rounded, Matrix(rounded.Left, withCodes), Matrix(rounded.Right, withCodes))
    {
    }

    protected override Matrix<float> Weight() => MatrixProduct.Multiply(left.Values(), right.Values());

    // W = L R, so that ∂/∂L = ∂/∂W Rᵀ and ∂/∂R = Lᵀ ∂/∂W.
    protected override void Accept(Matrix<float> gradient)
    {
        var (l, r) = (left.Values(), right.Values());
        left.Accept(MatrixProduct.MultiplyTransposed(gradient, r));
        right.Accept(MatrixProduct.Multiply(l.Transpose(), gradient));
    }

    public override RoundedLayer Finish() => rounded with { Left = left.Finish(), Right = right.Finish(), Bias = Bias };

    // Factors have no original of their own: each code starts at its level.
    private static TunedMatrix Matrix(Quantization.QuantizedMatrix factor, bool withCodes) => new(factor, withCodes ? factor.Dequantize() : null);
}
