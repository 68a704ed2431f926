namespace Mlorq.Activations;

/// <summary>Which quantizer chooses the levels of which tensors.</summary>
/// <param name="Values">For all tensors but probabilities.</param>
/// <param name="Probabilities">For what comes from Softmax.</param>
public sealed record ActivationQuantizers(IActivationQuantizer Values, IActivationQuantizer Probabilities)
{
    /// <summary>Quantizers that are tried beside <see cref="Values"/> where levels are chosen by what they cost at the outputs: squared error alone does not say what clipping costs there.</summary>
    public IReadOnlyList<IActivationQuantizer> OtherValues { get; init; } = [];

    /// <summary>The same beside <see cref="Probabilities"/>.</summary>
    public IReadOnlyList<IActivationQuantizer> OtherProbabilities { get; init; } = [];

    /// <summary>For integer kernels: equidistant levels of least squared error everywhere.</summary>
    public static ActivationQuantizers Equidistant { get; } = new(new SquaredErrorQuantizer(), new SquaredErrorQuantizer());

    /// <summary>For few bits, simulated: the same, and logarithmic levels for probabilities.</summary>
    public static ActivationQuantizers Simulated { get; } = new(new SquaredErrorQuantizer(), new LogSqrt2Quantizer())
    {
        OtherValues = [new PercentileQuantizer(0.9999), new PercentileQuantizer(0.999), new PercentileQuantizer(0.99)],
        OtherProbabilities = [new SquaredErrorQuantizer()],
    };

    /// <summary>Chooses a tensor's levels.</summary>
    /// <param name="point">The tensor.</param>
    /// <param name="values">How its values are distributed.</param>
    /// <param name="bits">3 … 8.</param>
    public ActivationGrid Choose(ActivationPoint point, TensorHistogram values, int bits) =>
        (point.Role == ActivationRole.Probabilities ? Probabilities : Values).Choose(values, bits);

    private IEnumerable<IActivationQuantizer> All(ActivationPoint point) =>
        point.Role == ActivationRole.Probabilities ? OtherProbabilities.Prepend(Probabilities) : OtherValues.Prepend(Values);

    /// <summary>Chooses the levels of all tensors at one number of bits; tensors without statistics are left out.</summary>
    public IReadOnlyList<QuantizedActivation> Choose(IEnumerable<ActivationPoint> points, ActivationStatistics statistics, int bits) =>
    [
        .. points
            .Where(p => statistics.Histograms.ContainsKey(p.Tensor))
            .Select(p => new QuantizedActivation(p, Choose(p, statistics.Histograms[p.Tensor], bits)) { Elements = statistics.Histograms[p.Tensor].Count }),
    ];

    /// <summary>The levels of all tensors at several numbers of bits, by all quantizers, to be priced and chosen from; tensors without statistics are left out.</summary>
    public IReadOnlyList<CandidateGrids> Candidates(IEnumerable<ActivationPoint> points, ActivationStatistics statistics, IReadOnlyList<int> bits) =>
    [
        .. points
            .Where(p => statistics.Histograms.ContainsKey(p.Tensor))
            .Select(p => new CandidateGrids(p, [.. bits.SelectMany(b => All(p).Select(q => q.Choose(statistics.Histograms[p.Tensor], b))).Distinct()])),
    ];
}
