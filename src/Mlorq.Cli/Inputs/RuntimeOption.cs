using System.CommandLine;

namespace Mlorq.Cli.Inputs;

/// <summary>What ONNX Runtime makes of the layers when it loads the file.</summary>
internal sealed class RuntimeOption
{
    private static readonly Dictionary<string, RuntimeProfile> Profiles = new()
    {
        ["memory"] = RuntimeProfile.Memory,
        ["speed"] = RuntimeProfile.Speed,
    };

    private readonly Option<string?> _runtime;

    /// <summary>The option.</summary>
    /// <param name="description">What it does in a command; null for the choice that a file is written with.</param>
    public RuntimeOption(string? description = null) => _runtime = new("--runtime")
    {
        HelpName = "memory|speed",
        Description = description ?? "What ONNX Runtime makes of the linear layers when it loads the file, whose size is the same. memory: weights stay packed at 2, 4 or 8 bits, products in "
            + "single precision take about as long as the original's. speed: weights become bytes, activations are rounded to bytes as they come, and products are "
            + "several times faster. Default: memory.",
    };

    public Option Option => _runtime;

    /// <summary>Whether the option was given.</summary>
    public bool IsGiven(ParseResult parsed) => parsed.GetValue(_runtime) is not null;

    /// <summary>What was given; null for nothing.</summary>
    /// <exception cref="UsageException">The word is none of those that are offered.</exception>
    public RuntimeProfile? Given(ParseResult parsed) => RunOptions.Word(parsed, _runtime, Profiles);

    /// <summary>The options with what was given.</summary>
    /// <exception cref="UsageException">The word is none of those that are offered.</exception>
    public CompressionOptions For(ParseResult parsed, CompressionOptions options) =>
        Given(parsed) is { } runtime ? options with { Runtime = runtime } : options;
}
