using System.CommandLine;
using System.Text.RegularExpressions;

namespace Mlorq.Cli.Inputs;

/// <summary>The words that an option offers, as its help names them: <c>fast|normal|best</c>.</summary>
internal static partial class OfferedWords
{
    /// <summary>The words; none where anything may be given.</summary>
    public static IReadOnlyList<string> Of(Option option) => option.HelpName is { } name && Words().IsMatch(name) ? name.Split('|') : [];

    /// <summary>Completes the words of all options of a command and of those below it.</summary>
    public static void Complete(Command command)
    {
        foreach (var option in command.Options)
        {
            if (Of(option) is { Count: > 0 } words) option.CompletionSources.Add(_ => words.Select(w => new System.CommandLine.Completions.CompletionItem(w)));
        }

        foreach (var below in command.Subcommands) Complete(below);
    }

    [GeneratedRegex(@"^[a-z]+(\|[a-z]+)+$")]
    private static partial Regex Words();
}
