using System.CommandLine;
using Mlorq.Cli.Display;

namespace Mlorq.Cli.Inputs;

/// <summary>What is said besides results, and how; for every command.</summary>
internal sealed class MessageOptions
{
    private readonly Option<string?> _log = new("--log")
    {
        HelpName = "text|json",
        Description = "How progress, notes and errors are written to the error stream; json writes an object on each line, for machines. Default: text.",
        Recursive = true,
    };

    private readonly Option<bool> _quiet = new("--quiet")
    {
        Description = "Say nothing but errors and what was asked for: no progress, no notes, no table after analyze and compress.",
        Recursive = true,
    };

    private readonly Option<bool> _verbose = new("--verbose")
    {
        Description = "Show more: every layer in tables, and where in the program an error arose.",
        Recursive = true,
    };

    public void AddTo(Command root)
    {
        foreach (var option in new Option[] { _log, _quiet, _verbose }) root.Add(option);
    }

    /// <summary>A terminal that speaks as it was asked to.</summary>
    /// <exception cref="UsageException">There is no such format, or it should be quiet and verbose.</exception>
    public Terminal For(ParseResult parsed, Terminal terminal)
    {
        var (quiet, verbose) = (parsed.GetValue(_quiet), parsed.GetValue(_verbose));
        if (quiet && verbose) throw new UsageException("Give --quiet or --verbose, not both.");
        // Without a value it is refused with the line's other errors.
        var isJson = parsed.GetResult(_log) is { Tokens: [var format, ..] } && format.Value.ToLowerInvariant() switch
        {
            "text" => false,
            "json" => true,
            var other => throw new UsageException($"--log is '{other}'; it must be text or json."),
        };
        return terminal with
        {
            Verbosity = quiet ? Verbosity.Quiet : verbose ? Verbosity.Verbose : Verbosity.Normal,
            Events = isJson ? new EventLog(terminal.Error.Profile.Out.Writer) : null,
        };
    }
}
