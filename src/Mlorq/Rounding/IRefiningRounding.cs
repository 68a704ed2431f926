using Mlorq.Numerics;
using Mlorq.Quantization;

namespace Mlorq.Rounding;

/// <summary>
/// A rounding that improves the result of another one and takes so long that only the layers of the final plan get it; its
/// <see cref="IWeightRounding.Round"/> starts with the other's result.
/// </summary>
internal interface IRefiningRounding : IWeightRounding
{
    /// <summary>The other rounding.</summary>
    IWeightRounding Start { get; }

    /// <summary>Whether it can do more for a result than <see cref="Start"/> does when it rounds the same weights again.</summary>
    bool Learns { get; }

    /// <summary>Ŵ [out, in] with an error that is no larger than that of <paramref name="start"/>.</summary>
    /// <param name="weights">W [out, in].</param>
    /// <param name="metric">The measure of the error.</param>
    /// <param name="start">The result to improve.</param>
    /// <param name="rows">The rows that are needed, [out]; null for all.</param>
    QuantizedMatrix Refine(Matrix<float> weights, ErrorMetric metric, QuantizedMatrix start, bool[]? rows = null);

    /// <summary>Factors with an error of W − Left · Right that is no larger than that of the ones given.</summary>
    /// <param name="weights">W [out, in].</param>
    /// <param name="metric">The measure of the error.</param>
    /// <param name="left">[out, rank].</param>
    /// <param name="right">[rank, in].</param>
    (QuantizedMatrix Left, QuantizedMatrix Right) Refine(Matrix<float> weights, ErrorMetric metric, QuantizedMatrix left, QuantizedMatrix right);
}
