using Mlorq.Onnx;
using Mlorq.Quantization;
using Mlorq.Resuming;
using Mlorq.Rounding;
using Mlorq.Timing;

namespace Mlorq;

/// <summary>How weights are rounded.</summary>
public enum RoundingMethod
{
    /// <summary>To the nearest level, scales searched in the weighted measure.</summary>
    Nearest,

    /// <summary>With error feedback from column to column (GPTQ), scales fitted again.</summary>
    Compensated,

    /// <summary>Learned, starting at the compensated result; candidates are compared by that result, and only the final plan's layers are learned.</summary>
    Adaptive,
}

/// <summary>What is rotated before anything is compressed.</summary>
public enum RotationMethod
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Residual streams between linear layers and layer normalisations; the model computes the same, and its weights lose less at few bits.</summary>
    Streams,
}

/// <summary>What to compute. Frozen; checked once, all violations in one message.</summary>
public sealed record CompressionOptions
{
    /// <summary>What <see cref="Survivors"/> is where nothing is said.</summary>
    public const int DefaultSurvivors = 64;

    // More gain next to nothing.
    private const int MostSurvivors = 256;

    /// <summary>The size that the file must not exceed.</summary>
    public required Budget Budget { get; init; }

    /// <summary>What ONNX Runtime shall make of the layers when it loads the file.</summary>
    public RuntimeProfile Runtime { get; init; } = RuntimeProfile.Memory;

    /// <summary>The latency that a run of the file must keep by a table of kernel times; null for no limit.</summary>
    public LatencyLimit? Latency { get; init; }

    /// <summary>What becomes of the values between layers.</summary>
    public ActivationOptions Activations { get; init; } = new();

    /// <summary>What is rotated first.</summary>
    public RotationMethod Rotation { get; init; } = RotationMethod.Streams;

    /// <summary>How weights are rounded.</summary>
    public RoundingMethod Rounding { get; init; } = RoundingMethod.Compensated;

    /// <summary>
    /// Partial solutions that compensated rounding keeps from column to column where it rounds the layers of the final plan, and that adaptive rounding starts from: more find a smaller error and take longer.
    /// </summary>
    public int Survivors { get; init; } = DefaultSurvivors;

    /// <summary>
    /// A rounding of one's own in place of <see cref="Rounding"/>, for candidates and for the layers of the final plan; null for that. It is asked for plain codes only. Several threads call it at once, and equal arguments must give equal results.
    /// </summary>
    public IWeightRounding? OwnRounding { get; init; }

    /// <summary>How <see cref="RoundingMethod.Adaptive"/> learns.</summary>
    public AdaptiveOptions Adaptive { get; init; } = new();

    /// <summary>How layers take into account what the layers before them have become.</summary>
    public SweepOptions Sequential { get; init; } = new();

    /// <summary>How codes are learned for the outputs of blocks, or of the model.</summary>
    public ReconstructionOptions Reconstruction { get; init; } = new();

    /// <summary>How numbers that cost no bytes are tuned for the model's outputs.</summary>
    public TuningOptions Tuning { get; init; } = new();

    /// <summary>Which ways of storing a layer are tried. Codes are plain where <see cref="RoundingMethod.Nearest"/> or a rounding of one's own chooses them.</summary>
    public CandidateOptions Candidates { get => MakesUp ? field : field.WithPlainCodes(); init; } = new();

    /// <summary>How bytes are shared out.</summary>
    public Allocation Allocation { get; init; } = Allocation.Mixed;

    /// <summary>How the price of an error in a layer is found.</summary>
    public SensitivityMethod Sensitivity { get; init; } = SensitivityMethod.SampleGradients;

    /// <summary>What the local measure of weight errors knows; null for weighted tokens and gradients of outputs, or inputs alone where nothing is differentiated.</summary>
    public ErrorWeighting? Weighting { get; init; }

    /// <summary>How sample gradients are taken.</summary>
    public GradientOptions Gradients { get; init; } = new();

    /// <summary>Calibration inputs on which the model is run to measure errors really: of the result, and of single layers for <see cref="SensitivityMethod.Measured"/>.</summary>
    public int SensitivitySamples { get; init; } = 64;

    /// <summary>Further entries for the file's metadata, for example how pictures are prepared.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();

    /// <summary>These options with more or less work; what has nothing to do with time stays as it is. The defaults are those of <see cref="Effort.Normal"/>.</summary>
    /// <remarks>What each part gains and takes is in docs/learning.md.</remarks>
    public CompressionOptions With(Effort effort) => effort switch
    {
        Effort.Fast => this with
        {
            Candidates = Candidates with { FactorBitWidths = [], Granularities = [Granularity.PerOutputChannel], Symmetries = [Symmetry.Symmetric] },
            Gradients = Gradients with { Samples = 64 },
            SensitivitySamples = 32,
            Survivors = 16,
            Reconstruction = Reconstruction with { Objective = ReconstructionObjective.None },
            Tuning = Tuning with { Steps = 16 },
        },
        Effort.Best => this with
        {
            Survivors = MostSurvivors,
            Tuning = Tuning with { Steps = 400 },
        },
        _ => this,
    };

    /// <summary>All options as lines of text, such as <c>Tuning.Steps = 80</c>, in the order of their names.</summary>
    public IReadOnlyList<string> ToLines() => OptionsText.Of(this);

    /// <summary>The weighting that applies.</summary>
    internal ErrorWeighting EffectiveWeighting => Weighting ?? (Sensitivity, MakesUp) switch
    {
        (SensitivityMethod.Measured, _) => ErrorWeighting.InputMoments,
        (_, true) => ErrorWeighting.TokenMomentsAndOutputs,
        _ => ErrorWeighting.TokenMomentsAndRows,
    };

    // Codes of another rounding are left as it chose them.
    private bool MakesUp => OwnRounding is null && Rounding != RoundingMethod.Nearest;

    /// <summary>Whether the model has to be differentiated.</summary>
    internal bool NeedsGradients => Sensitivity == SensitivityMethod.SampleGradients || EffectiveWeighting is not (ErrorWeighting.Plain or ErrorWeighting.InputMoments);

    /// <summary>The times of layers; null without a limit on latency.</summary>
    internal LayerTimes? Times() => Latency is { } limit ? LayerTimes.Of(limit.Table, Runtime) : null;

    /// <summary>The rounding by which candidates are compared, thousands of matrices.</summary>
    internal IWeightRounding CreateRounding(CancellationToken cancellation) => CreateRounding(1, cancellation);

    /// <summary>The rounding of the layers of the final plan.</summary>
    internal IWeightRounding CreateFinalRounding(CancellationToken cancellation) => (OwnRounding, Rounding) switch
    {
        (null, RoundingMethod.Adaptive) => new AdaptiveRounding(Adaptive, CreateRounding(Survivors, cancellation), cancellation),
        (null, RoundingMethod.Compensated) when Survivors > 1 => new SurvivorRounding(CreateRounding(Survivors, cancellation)),
        _ => CreateRounding(1, cancellation),
    };

    private CancellableRounding CreateRounding(int survivors, CancellationToken cancellation) =>
        new(OwnRounding ?? (Rounding == RoundingMethod.Nearest ? new NearestRounding() : new CompensatedRounding(survivors: survivors)), cancellation);

    /// <summary>Checks all values.</summary>
    /// <exception cref="OptionsException">Some are out of range; the message names all of them.</exception>
    public void EnsureValid()
    {
        var violations = new List<string>();
        if (SensitivitySamples < 1) violations.Add($"sensitivity samples must be 1 or more, not {SensitivitySamples}");
        if (Gradients.Samples < 1) violations.Add($"gradient samples must be 1 or more, not {Gradients.Samples}");
        if (Gradients.Projections < 1) violations.Add($"projections must be 1 or more, not {Gradients.Projections}");
        if (Gradients.ProjectedTensors is { Count: 0 }) violations.Add("at least one tensor must be projected");
        if (!(Sequential.Correction > 0 && Sequential.Correction <= 1)) violations.Add($"the sweep's correction must be above 0 and at most 1, not {Sequential.Correction}");
        if (Weighting == ErrorWeighting.TokenMomentsAndOutputs && !MakesUp) violations.Add("rows make up for each other's errors (weighting by outputs) with compensated or adaptive rounding alone");
        Activations.AddViolations(violations, Runtime);
        Latency?.AddViolations(violations, Activations);
        Reconstruction.AddViolations(violations);
        Tuning.AddViolations(violations);
        if (Survivors is < 1 or > MostSurvivors) violations.Add($"survivors must be from 1 to {MostSurvivors}, not {Survivors}");
        if (Candidates.BitWidths.Count == 0) violations.Add("at least one bit width must be allowed");
        if (Candidates.Granularities.Count == 0) violations.Add("at least one group size must be allowed");
        if (Candidates.Symmetries.Count == 0) violations.Add("at least one symmetry must be allowed");
        if (Candidates.BitWidths.Concat(Candidates.FactorBitWidths).Any(w => w.Bits == 0)) violations.Add("a bit width is not one of 2, 3, 4, 6 and 8");
        if (Candidates.Granularities.Any(g => g.Size is not (0 or 16 or 32 or 64 or 128))) violations.Add("groups have 16, 32, 64 or 128 weights");
        if (Candidates.RankStep < 1) violations.Add($"the rank step must be 1 or more, not {Candidates.RankStep}");
        Adaptive.AddViolations(violations);
        if (violations.Count > 0) throw new OptionsException($"These options are out of range: {string.Join("; ", violations)}.");
    }
}

/// <summary>Options are out of range.</summary>
public sealed class OptionsException : MlorqException
{
    /// <summary>Creates the exception with a whole message for the user.</summary>
    public OptionsException(string message)
        : base(message)
    {
    }
}
