using Mlorq.Numerics;
using Mlorq.Quantization;
using Mlorq.Rounding.Adaptive;

namespace Mlorq.Rounding;

/// <summary>
/// Learns for each weight which of two levels it takes: shares between them are driven down the gradient of the error and, by a regulariser, to
/// 0 or 1 (AdaRound, Nagel et al. 2020, in the quadratic form of the moments, so that a step costs the same for any number of samples). Starts
/// at another rounding's result and keeps it, row by row, where learning does not lower the error.
/// </summary>
public sealed class AdaptiveRounding : IRefiningRounding
{
    /// <summary>How often results are polished, see <see cref="CodePolish"/>.</summary>
    internal const int PolishRounds = 4;

    /// <summary>Passes over all codes each time.</summary>
    internal const int PolishPasses = 4;

    private readonly AdaptiveOptions _options;
    private readonly CancellationToken _cancellation;

    /// <summary>Creates the rounding.</summary>
    /// <param name="options">How it learns.</param>
    /// <param name="start">Whose results it starts from; null for <see cref="CompensatedRounding"/>.</param>
    /// <param name="cancellation">Ends the work between two steps.</param>
    public AdaptiveRounding(AdaptiveOptions options, IWeightRounding? start = null, CancellationToken cancellation = default)
    {
        (_options, _cancellation) = (options, cancellation);
        Start = start ?? new CompensatedRounding();
    }

    /// <summary>The rounding whose results it starts from.</summary>
    public IWeightRounding Start { get; }

    /// <inheritdoc/>
    bool IRefiningRounding.Learns => true;

    /// <inheritdoc/>
    public QuantizedMatrix Round(Matrix<float> weights, ErrorMetric metric, WeightFormat format) =>
        Learn(weights, metric, Start.Round(weights, metric, format));

    /// <inheritdoc/>
    public QuantizedMatrix Refine(Matrix<float> weights, ErrorMetric metric, QuantizedMatrix start, bool[]? rows = null) =>
        Learn(weights, metric, new SurvivorRounding(Start).Refine(weights, metric, start, rows), rows);

    /// <inheritdoc/>
    public (QuantizedMatrix Left, QuantizedMatrix Right) Refine(Matrix<float> weights, ErrorMetric metric, QuantizedMatrix left, QuantizedMatrix right) =>
        left.Grids.Format.BitWidth.IsTrellis || right.Grids.Format.BitWidth.IsTrellis
            ? new SurvivorRounding(Start).Refine(weights, metric, left, right)
            : new PairRefinement(weights, metric, this, _options, _cancellation).Refine(left, right);

    private QuantizedMatrix Learn(Matrix<float> weights, ErrorMetric metric, QuantizedMatrix start, bool[]? rows = null)
    {
        // Where every weight counts on its own the nearest level is the best one, and in a trellis no level can change alone.
        if (metric.Elements is not null || start.Grids.Format.BitWidth.IsTrellis) return start;
        var learned = Enumerable.Range(0, weights.Rows).Where(i => rows is null || rows[i]).ToArray();
        var errors = metric.RowErrors(weights, start.Dequantize());
        var best = start;
        for (var round = 0; round < _options.Rounds; round++)
        {
            var next = DenseLearning.Learn(weights, metric, best, learned, _options.IterationsOf(round), _options, _cancellation);
            next = CodePolish.Run(weights, metric, next, PolishRounds, PolishPasses);
            // The next round is longer: it may help where this one did not.
            best = RowChoice.Better(best, errors, next, metric.RowErrors(weights, next.Dequantize()));
        }

        return metric.Error(weights, best.Dequantize()) < metric.Error(weights, start.Dequantize()) ? best : start;
    }
}
