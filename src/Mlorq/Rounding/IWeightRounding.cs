using Mlorq.Numerics;
using Mlorq.Quantization;

namespace Mlorq.Rounding;

/// <summary>A way to choose the codes of a matrix once its format is chosen.</summary>
public interface IWeightRounding
{
    /// <summary>Rounds <paramref name="weights"/> [out, in] so that the error in <paramref name="metric"/> is small.</summary>
    QuantizedMatrix Round(Matrix<float> weights, ErrorMetric metric, WeightFormat format);
}

/// <summary>Scales searched in the weighted measure, every weight at its nearest level.</summary>
public sealed class NearestRounding : IWeightRounding
{
    /// <inheritdoc/>
    public QuantizedMatrix Round(Matrix<float> weights, ErrorMetric metric, WeightFormat format) =>
        QuantizedMatrix.Nearest(weights, GridTable.Search(weights, metric, format));
}
