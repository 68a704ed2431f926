using Mlorq.Numerics;
using Mlorq.Quantization;

namespace Mlorq.Rounding;

/// <summary>A rounding that ends before its next matrix when the work was cancelled: layers are large pieces of work.</summary>
internal sealed class CancellableRounding(IWeightRounding rounding, CancellationToken cancellation) : IWeightRounding
{
    public QuantizedMatrix Round(Matrix<float> weights, ErrorMetric metric, WeightFormat format)
    {
        cancellation.ThrowIfCancellationRequested();
        return rounding.Round(weights, metric, format);
    }
}
