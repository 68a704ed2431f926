using System.CommandLine;

namespace Mlorq.Cli.Inputs;

/// <summary>Whether layers are rounded for what the compressed layers before them give.</summary>
internal sealed class SequentialOption
{
    private static readonly Dictionary<string, SequentialTarget> Targets = new()
    {
        ["none"] = SequentialTarget.None,
        ["weights"] = SequentialTarget.Weights,
        ["partial"] = SequentialTarget.Partial,
        ["ridge"] = SequentialTarget.Ridge,
    };

    private readonly Option<string?> _target = new("--sequential")
    {
        HelpName = "none|weights|partial|ridge",
        Description = "Rounds the layers once more in one sweep, each for what the compressed layers before it give: to its own weights, a part of the way "
            + "to weights that make up for the errors before them, or to those (ridge regression). The sweep is taken only where it is clearly better on a "
            + "fifth of the samples that it does not see. Default: none.",
    };

    public Option Option => _target;

    /// <summary>The options with what was given.</summary>
    /// <exception cref="UsageException">The word is none of those that are offered.</exception>
    public CompressionOptions For(ParseResult parsed, CompressionOptions options) =>
        RunOptions.Word(parsed, _target, Targets) is { } target ? options with { Sequential = options.Sequential with { Target = target } } : options;
}
