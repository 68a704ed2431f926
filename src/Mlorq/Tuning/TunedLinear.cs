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
        yield return (layer.TensorName, LinearLayer.Stored(Weight()));
        if (layer.Bias is not null) yield return (layer.Bias.TensorName, Tensor.Of(Bias.AsSpan(), bias.Length));
    }

    public override void Accept(IReadOnlyDictionary<string, Tensor> gradients)
    {
        if (GradientOf(layer, gradients) is { } weight) Accept(weight);
        if (layer.Bias is not null && gradients.TryGetValue(layer.Bias.TensorName, out var row)) _bias.Accept(row.Floats);
    }

    public override void Step(TrainingStep step)
    {
        foreach (var matrix in matrices) matrix.Step(step);
        _bias.Vector.Step(step.Rate);
    }

    public override void Visit(Action<TunedVector> visit)
    {
        foreach (var matrix in matrices) matrix.Visit(visit);
        visit(_bias.Vector);
    }

    /// <summary>The gradient by W, [out, in]; null where there is none.</summary>
    internal static Matrix<float>? GradientOf(LinearLayer layer, IReadOnlyDictionary<string, Tensor>? gradients) =>
        gradients is not null && gradients.TryGetValue(layer.TensorName, out var gradient)
            ? new Matrix<float>(layer.InFeatures, layer.OutFeatures, gradient.Floats.ToArray()).Transpose()
            : null;
}

/// <summary>A whole matrix in one format.</summary>
internal sealed class TunedDense(RoundedLayer.Dense rounded, TunedMatrix matrix) : TunedLinear(rounded.Linear, rounded.Bias, [matrix])
{
    public TunedDense(RoundedLayer.Dense rounded, Matrix<float>? gradient)
        : this(rounded, new TunedMatrix(rounded.Weight, gradient))
    {
    }

    protected override Matrix<float> Weight() => matrix.Values();

    protected override void Accept(Matrix<float> gradient) => matrix.Accept(gradient);

    public override RoundedLayer Finish() => rounded with { Weight = matrix.Finish(), Bias = Bias };
}

/// <summary>Rows of two widths: two matrices, each of which hears of its own rows.</summary>
internal sealed class TunedRows(RoundedLayer.MixedRows rounded, TunedMatrix low, TunedMatrix high) : TunedLinear(rounded.Linear, rounded.Bias, [low, high])
{
    public TunedRows(RoundedLayer.MixedRows rounded, Matrix<float>? gradient)
        : this(rounded, new TunedMatrix(rounded.Low, gradient), new TunedMatrix(rounded.High, gradient))
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
    // W = L R, so that ∂/∂L = ∂/∂W Rᵀ and ∂/∂R = Lᵀ ∂/∂W.
    public TunedPair(RoundedLayer.LowRank rounded, Matrix<float>? gradient)
        : this(
            rounded,
            new TunedMatrix(rounded.Left, gradient is null ? null : OfLeft(gradient, rounded.Right.Dequantize())),
            new TunedMatrix(rounded.Right, gradient is null ? null : OfRight(gradient, rounded.Left.Dequantize())))
    {
    }

    protected override Matrix<float> Weight() => MatrixProduct.Multiply(left.Values(), right.Values());

    protected override void Accept(Matrix<float> gradient)
    {
        var (l, r) = (left.Values(), right.Values());
        left.Accept(OfLeft(gradient, r));
        right.Accept(OfRight(gradient, l));
    }

    public override RoundedLayer Finish() => rounded with { Left = left.Finish(), Right = right.Finish(), Bias = Bias };

    private static Matrix<float> OfLeft(Matrix<float> gradient, Matrix<float> right) => MatrixProduct.MultiplyTransposed(gradient, right);

    private static Matrix<float> OfRight(Matrix<float> gradient, Matrix<float> left) => MatrixProduct.Multiply(left.Transpose(), gradient);
}
