using Mlorq.Numerics;
using Mlorq.Quantization;
using Mlorq.Rounding.Adaptive;

namespace Mlorq.Rounding;

/// <summary>Compensated rounding with many survivors (<see cref="SurvivorSearch"/>), which takes longer than comparing candidates can wait for; results of the plain one are kept, row by row, where it finds nothing better.</summary>
/// <param name="start">Compensated rounding with survivors.</param>
internal sealed class SurvivorRounding(IWeightRounding start) : IRefiningRounding
{
    /// <inheritdoc/>
    public IWeightRounding Start => start;

    /// <inheritdoc/>
    public bool Learns => false;

    /// <inheritdoc/>
    public QuantizedMatrix Round(Matrix<float> weights, ErrorMetric metric, WeightFormat format) => start.Round(weights, metric, format);

    /// <inheritdoc/>
    public QuantizedMatrix Refine(Matrix<float> weights, ErrorMetric metric, QuantizedMatrix start, bool[]? rows = null)
    {
        // Where every weight counts on its own the nearest level is the best one.
        if (metric.Elements is not null) return start;
        var other = Start.Round(weights, metric, start.Grids.Format);
        return RowChoice.Better(start, metric.RowErrors(weights, start.Dequantize()), other, metric.RowErrors(weights, other.Dequantize()));
    }

    /// <inheritdoc/>
    public (QuantizedMatrix Left, QuantizedMatrix Right) Refine(Matrix<float> weights, ErrorMetric metric, QuantizedMatrix left, QuantizedMatrix right)
    {
        var nextRight = Start.Round(FactorFit.Right(weights, left.Dequantize(), metric), metric.OfFactors, right.Grids.Format);
        var (fitted, leftMetric) = FactorFit.Left(weights, nextRight.Dequantize(), metric);
        var nextLeft = Start.Round(fitted, leftMetric, left.Grids.Format);
        return Error(nextLeft, nextRight) < Error(left, right) ? (nextLeft, nextRight) : (left, right);

        double Error(QuantizedMatrix l, QuantizedMatrix r) => metric.Error(weights, MatrixProduct.Multiply(l.Dequantize(), r.Dequantize()));
    }
}
