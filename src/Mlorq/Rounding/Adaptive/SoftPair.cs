using System.Numerics.Tensors;
using Mlorq.Numerics;
using Mlorq.Quantization;

namespace Mlorq.Rounding.Adaptive;

/// <summary>
/// Both factors soft at once. With T = diag(q) (L̂R̂ − W) C the slopes of tr(diag(q) (W − L̂R̂) C (W − L̂R̂)ᵀ) are 2 T R̂ᵀ by Left and 2 L̂ᵀ T
/// by Right. T is taken as L̂ (R̂C) − WC, whose products have the rank as one of their sizes.
/// </summary>
internal sealed class SoftPair
{
    private readonly ErrorMetric _metric;
    private readonly int _outputs;
    private readonly int _inputs;
    private readonly int _rank;
    private readonly float[] _target;
    private readonly float[] _rightMoments;
    private readonly float[] _errors;

    /// <summary>Starts at a pair.</summary>
    public SoftPair(Matrix<float> weights, ErrorMetric metric, QuantizedMatrix left, QuantizedMatrix right, AdaptiveOptions options, bool learnScales)
    {
        (_metric, _outputs, _inputs, _rank) = (metric, weights.Rows, weights.Columns, right.Grids.Rows);
        _target = MatrixProduct.Multiply(weights, metric.Single).Values;
        _rightMoments = new float[_rank * _inputs];
        _errors = new float[_outputs * _inputs];
        var (l, r) = (left.Dequantize(), right.Dequantize());
        var (leftGradient, rightGradient) = (new float[SoftMatrix.PaddedLength(_outputs, _rank)], new float[SoftMatrix.PaddedLength(_rank, _inputs)]);
        FillGradients(l.Values, r.Values, leftGradient, rightGradient);
        var rowWeights = new float[_outputs];
        for (var i = 0; i < _outputs; i++) rowWeights[i] = metric.RowWeight(i);
        Left = new SoftMatrix(left, All(_outputs), leftGradient, (rowWeights, Energies(r.Values, _rightMoments)), options, learnScales);
        Right = new SoftMatrix(right, All(_rank), rightGradient, (ColumnEnergies(metric.WeightRows(l), l), metric.Diagonal), options, learnScales);
    }

    /// <summary>[out, rank].</summary>
    public SoftMatrix Left { get; }

    /// <summary>[rank, in].</summary>
    public SoftMatrix Right { get; }

    /// <summary>Fills in the gradients at the present values.</summary>
    public void FillGradients() => FillGradients(Left.Values, Right.Values, Left.Gradient, Right.Gradient);

    private void FillGradients(float[] left, float[] right, float[] leftGradient, float[] rightGradient)
    {
        const Transposition None = Transposition.None;
        Array.Clear(_rightMoments);
        Array.Clear(leftGradient);
        Array.Clear(rightGradient);
        MatrixProduct.MultiplyAdd(1, right, _inputs, None, _metric.Single.Values, _inputs, None, _rightMoments, _inputs, _rank, _inputs, _inputs);
        TensorPrimitives.Negate(_target, _errors);
        MatrixProduct.MultiplyAdd(1, left, _rank, None, _rightMoments, _inputs, None, _errors, _inputs, _outputs, _inputs, _rank);
        for (var i = 0; _metric.Rows is { } rows && i < _outputs; i++)
        {
            var row = _errors.AsSpan(i * _inputs, _inputs);
            TensorPrimitives.Multiply(row, rows[i], row);
        }

        MatrixProduct.MultiplyAdd(1, _errors, _inputs, None, right, _inputs, Transposition.Transposed, leftGradient, _rank, _outputs, _rank, _inputs);
        MatrixProduct.MultiplyAdd(1, left, _rank, Transposition.Transposed, _errors, _inputs, None, rightGradient, _inputs, _rank, _inputs, _outputs);
    }

    // diag(R C Rᵀ)
    private float[] Energies(float[] right, float[] rightMoments)
    {
        var result = new float[_rank];
        for (var k = 0; k < _rank; k++)
        {
            result[k] = Math.Max(0, TensorPrimitives.Dot(right.AsSpan(k * _inputs, _inputs), rightMoments.AsSpan(k * _inputs, _inputs)));
        }

        return result;
    }

    // diag(Lᵀ Q L)
    private static float[] ColumnEnergies(Matrix<float> weighted, Matrix<float> left)
    {
        var result = new float[left.Columns];
        for (var i = 0; i < left.Rows; i++) TensorPrimitives.MultiplyAdd(weighted.Row(i), left.Row(i), result, result);
        return result;
    }

    private static int[] All(int count) => [.. Enumerable.Range(0, count)];
}
