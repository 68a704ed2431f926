using Mlorq.InterLayer;
using Mlorq.Onnx.Graphs;

namespace Mlorq.Activations;

/// <summary>Levels chosen for a tensor.</summary>
/// <param name="Activation">The tensor and its levels.</param>
/// <param name="Price">The noise-to-signal expected of them.</param>
public sealed record ActivationChoice(QuantizedActivation Activation, Price Price);

/// <summary>Levels for all tensors, within an average number of bits.</summary>
/// <param name="Choices">In the order of the tensors.</param>
/// <param name="AverageBits">Bits of an element, over all elements of all tensors.</param>
/// <param name="NoiseToSignal">The expected sum.</param>
/// <param name="OptimalityGap">How much better another choice could be at most, in the same unit; 0 when this one is proved best.</param>
public sealed record ActivationPlan(IReadOnlyList<ActivationChoice> Choices, double AverageBits, double NoiseToSignal, double OptimalityGap);

/// <summary>Mixed precision of activations: which bits each tensor gets, exactly.</summary>
public static class ActivationBits
{
    // Few hundred values are to be ordered; weights, thousands, take more.
    private const int MostSamples = 64;

    private static readonly int[] AllBits = [.. Enumerable.Range(ActivationGrid.LeastBits, ActivationGrid.MostBits - ActivationGrid.LeastBits + 1)];

    /// <summary>Prices all bits of all tensors and chooses.</summary>
    internal static IReadOnlyList<QuantizedActivation> Choose(
        Model model, IReadOnlyList<ActivationPoint> points, ActivationStatistics statistics, ActivationQuantizers quantizers, double averageBits, CalibrationSet calibration, GradientOptions options, RunSettings run)
    {
        var candidates = quantizers.Candidates(points, statistics, AllBits);
        var prices = ActivationPrices.Measure(model, candidates, statistics, calibration, options with { Samples = Math.Min(options.Samples, MostSamples) }, run);
        return [.. Choose(prices, averageBits, run).Choices.Select(c => c.Activation)];
    }

    // The solver takes weights up to 2^48 and sums of them; means over samples need not be exact.
    private const long MostElements = 1L << 32;

    /// <summary>
    /// The choice of least total price whose bits, weighted by elements, do not exceed an average: a multiple-choice knapsack with bits · elements as weights, solved by
    /// <see cref="MultipleChoiceKnapsack"/>.
    /// </summary>
    /// <param name="activations">Tensors with priced levels, from <see cref="ActivationPrices"/>.</param>
    /// <param name="averageBits">The most bits of an element on average.</param>
    /// <param name="run">Cancellation.</param>
    /// <exception cref="ArgumentOutOfRangeException">The fewest bits of all tensors are more than that.</exception>
    public static ActivationPlan Choose(IReadOnlyList<PricedActivation> activations, double averageBits, RunSettings run)
    {
        if (activations.Count == 0) return new ActivationPlan([], 0, 0, 0);
        var most = activations.Max(a => a.Elements);
        long[] elements = [.. activations.Select(a => most <= MostElements ? a.Elements : Math.Max(1, (long)((double)a.Elements / most * MostElements)))];
        var least = (double)activations.Select((a, i) => a.Grids.Min(g => g.Bits) * elements[i]).Sum() / elements.Sum();
        if (!(averageBits >= least))
            throw new ArgumentOutOfRangeException(nameof(averageBits), averageBits, FormattableString.Invariant($"An average of {averageBits} bits cannot be met: the fewest bits offered are {least:0.###} on average."));
        var groups = activations.Select((a, i) => (IReadOnlyList<KnapsackItem>)[.. a.Grids.Zip(a.Prices, (g, p) => new KnapsackItem(g.Bits * elements[i], p.NoiseToSignal))]).ToList();
        var solution = MultipleChoiceKnapsack.Solve(groups, (long)Math.Floor(Math.Min(averageBits, ActivationGrid.MostBits) * elements.Sum()), run.Cancellation);
        var choices = activations.Zip(solution.Choices, (a, c) => new ActivationChoice(new QuantizedActivation(a.Point, a.Grids[c]) { Elements = a.Elements }, a.Prices[c])).ToList();
        return new ActivationPlan(choices, (double)solution.TotalBytes / elements.Sum(), solution.TotalCost, solution.OptimalityGap);
    }
}
