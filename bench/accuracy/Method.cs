namespace Mlorq.Benchmarks.Accuracy;

/// <summary>A way to compress: ours, or a baseline computed by the same code.</summary>
/// <param name="Name">As on the command line and in the table.</param>
/// <param name="Analysis">Turns the default options into those of the method's analysis and plan; methods that have the same share both.</param>
/// <param name="Finish">What is different about how the plan is carried out.</param>
internal sealed record Method(string Name, Func<CompressionOptions, CompressionOptions> Analysis, Func<CompressionOptions, CompressionOptions> Finish)
{
    /// <summary>The method that the others are baselines of.</summary>
    public const string Default = "default";

    /// <summary>Whether the default should be no worse: not so for itself and for other efforts.</summary>
    public bool IsBaseline => Name is not (Default or "best" or "default-adaptive" or "default-blocks" or "default-not-sequential") && !Name.StartsWith(ActivationMethods.Prefix, StringComparison.Ordinal);

    /// <summary>The methods that are compared unless others are asked for.</summary>
    public static IReadOnlyList<Method> Usual { get; } =
    [
        new(Default, Same, Same),
        new("rounded", Same, Rounded),
        new("plain-codes", PlainCodes, Rounded),
        new("dense-only", DenseOnly, Rounded),
        new("compensated-uniform", Uniform, Rounded),
        new("nearest-uniform", NearestUniform, o => Rounded(o) with { Rounding = RoundingMethod.Nearest }),
    ];

    /// <summary>All of them.</summary>
    public static IReadOnlyList<Method> All { get; } =
    [
        .. Usual,
        new("measured-prices", options => options with { Sensitivity = SensitivityMethod.Measured }, Rounded),
        new("weighting-plain", options => options with { Weighting = ErrorWeighting.Plain }, Rounded),
        new("weighting-rows", options => options with { Weighting = ErrorWeighting.InputMomentsAndRows }, Rounded),
        new("weighting-moments", options => options with { Weighting = ErrorWeighting.InputMoments }, Rounded),
        new("weighting-hessian", options => options with { Weighting = ErrorWeighting.DiagonalHessian }, Rounded),
        new("adaptive", Same, options => Rounded(options) with { Rounding = RoundingMethod.Adaptive }),
        new("sequential-weights", Same, options => Swept(Rounded(options), SequentialTarget.Weights)),
        new("sequential", Same, options => Swept(Rounded(options), SequentialTarget.Partial)),
        new("sequential-ridge", Same, options => Swept(Rounded(options), SequentialTarget.Ridge)),
        new("blocks", Same, options => Blocks(Rounded(options))),
        new("tuned", Same, options => Tuned(Rounded(options))),
        new("default-not-sequential", Same, options => Swept(options, SequentialTarget.None)),
        new("default-adaptive", Same, options => options with { Rounding = RoundingMethod.Adaptive }),
        new("default-blocks", Same, Blocks),
        new("uniform-tuned", Uniform, options => Tuned(Rounded(options))),
        new("fast", options => options.With(Effort.Fast), Same),
        new("best", Same, options => options.With(Effort.Best)),
        .. ActivationMethods.All,
    ];

    /// <summary>The method of a name.</summary>
    /// <exception cref="BenchmarkException">There is none.</exception>
    public static Method Of(string name) => All.FirstOrDefault(m => m.Name == name)
        ?? throw new BenchmarkException($"There is no method '{name}'. The methods are {string.Join(", ", All.Select(m => m.Name))}.");

    private static CompressionOptions Same(CompressionOptions options) => options;

    // Nothing is learned, and every layer rounded for its original inputs.
    private static CompressionOptions Rounded(CompressionOptions options) => Swept(options, SequentialTarget.None) with
    {
        Rounding = RoundingMethod.Compensated,
        Reconstruction = options.Reconstruction with { Objective = ReconstructionObjective.None },
        Tuning = options.Tuning with { Method = TuningMethod.None },
    };

    private static CompressionOptions Swept(CompressionOptions options, SequentialTarget target) => options with { Sequential = options.Sequential with { Target = target } };

    private static CompressionOptions Blocks(CompressionOptions options) =>
        options with { Reconstruction = options.Reconstruction with { Objective = ReconstructionObjective.Block } };

    private static CompressionOptions Tuned(CompressionOptions options) => options with { Tuning = options.Tuning with { Method = TuningMethod.Free } };

    private static CompressionOptions PlainCodes(CompressionOptions options) => options with { Candidates = options.Candidates.WithPlainCodes() };

    private static CompressionOptions DenseOnly(CompressionOptions options) =>
        options with { Candidates = options.Candidates with { FactorBitWidths = [] } };

    // As other tools do it, codes are plain.
    private static CompressionOptions Uniform(CompressionOptions options) => DenseOnly(PlainCodes(options)) with { Allocation = Allocation.Uniform, Rounding = RoundingMethod.Compensated };

    private static CompressionOptions NearestUniform(CompressionOptions options) => Uniform(options) with { Rounding = RoundingMethod.Nearest };
}
