namespace Mlorq.Benchmarks.Accuracy;

/// <summary>A way to compress: ours, or a baseline computed by the same code.</summary>
/// <param name="Name">As on the command line and in the table.</param>
/// <param name="Configure">Turns the default options into the method's.</param>
internal sealed record Method(string Name, Func<CompressionOptions, CompressionOptions> Configure)
{
    /// <summary>The method that the others are baselines of.</summary>
    public const string Default = "default";

    /// <summary>The methods that are compared unless others are asked for.</summary>
    public static IReadOnlyList<Method> Usual { get; } =
    [
        new(Default, options => options),
        new("dense-only", DenseOnly),
        new("measured-prices", options => options with { Sensitivity = SensitivityMethod.Measured }),
        new("compensated-uniform", options => DenseOnly(options) with { Allocation = Allocation.Uniform, Rounding = RoundingMethod.Compensated }),
        new("nearest-uniform", options => DenseOnly(options) with { Allocation = Allocation.Uniform, Rounding = RoundingMethod.Nearest }),
    ];

    /// <summary>All of them.</summary>
    public static IReadOnlyList<Method> All { get; } =
    [
        .. Usual,
        new("weighting-plain", options => options with { Weighting = ErrorWeighting.Plain }),
        new("weighting-moments", options => options with { Weighting = ErrorWeighting.InputMoments }),
        new("weighting-hessian", options => options with { Weighting = ErrorWeighting.DiagonalHessian }),
    ];

    /// <summary>The method of a name.</summary>
    /// <exception cref="BenchmarkException">There is none.</exception>
    public static Method Of(string name) => All.FirstOrDefault(m => m.Name == name)
        ?? throw new BenchmarkException($"There is no method '{name}'. The methods are {string.Join(", ", All.Select(m => m.Name))}.");

    private static CompressionOptions DenseOnly(CompressionOptions options) =>
        options with { Candidates = options.Candidates with { FactorBitWidths = [] } };
}
