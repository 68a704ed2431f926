namespace Mlorq.Activations;

/// <summary>Which quantizer chooses the levels of which tensors.</summary>
/// <param name="Values">For all tensors but probabilities.</param>
/// <param name="Probabilities">For what comes from Softmax.</param>
public sealed record ActivationQuantizers(IActivationQuantizer Values, IActivationQuantizer Probabilities)
{
    /// <summary>For integer kernels: equidistant levels of least squared error everywhere.</summary>
    public static ActivationQuantizers Equidistant { get; } = new(new SquaredErrorQuantizer(), new SquaredErrorQuantizer());

    /// <summary>For few bits, simulated: the same, and logarithmic levels for probabilities.</summary>
    public static ActivationQuantizers Simulated { get; } = new(new SquaredErrorQuantizer(), new LogSqrt2Quantizer());

    /// <summary>Chooses a tensor's levels.</summary>
    /// <param name="point">The tensor.</param>
    /// <param name="values">How its values are distributed.</param>
    /// <param name="bits">3 … 8.</param>
    public ActivationGrid Choose(ActivationPoint point, TensorHistogram values, int bits) =>
        (point.Role == ActivationRole.Probabilities ? Probabilities : Values).Choose(values, bits);

    /// <summary>Chooses the levels of all tensors at one number of bits; tensors without statistics are left out.</summary>
    public IReadOnlyList<QuantizedActivation> Choose(IEnumerable<ActivationPoint> points, ActivationStatistics statistics, int bits) =>
    [
        .. points
            .Where(p => statistics.Histograms.ContainsKey(p.Tensor))
            .Select(p => new QuantizedActivation(p, Choose(p, statistics.Histograms[p.Tensor], bits))),
    ];

    /// <summary>The levels of all tensors at several numbers of bits, to be priced and chosen from; tensors without statistics are left out.</summary>
    public IReadOnlyList<CandidateGrids> Candidates(IEnumerable<ActivationPoint> points, ActivationStatistics statistics, IReadOnlyList<int> bits) =>
    [
        .. points
            .Where(p => statistics.Histograms.ContainsKey(p.Tensor))
            .Select(p => new CandidateGrids(p, [.. bits.Select(b => Choose(p, statistics.Histograms[p.Tensor], b))])),
    ];
}
