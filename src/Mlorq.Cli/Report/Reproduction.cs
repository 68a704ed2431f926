using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.RegularExpressions;

namespace Mlorq.Cli.Report;

/// <summary>The line that does the same again.</summary>
internal static partial class Reproduction
{
    // What they stand for is on the line already, or has no effect on the result.
    private static readonly string[] LeftOut = ["--config", "--resume"];

    /// <summary>The command line with all options, those of a file of options included, for a POSIX shell.</summary>
    public static string Of(ParseResult parsed)
    {
        var words = new List<string>();
        for (var i = 0; i < parsed.Tokens.Count; i++)
        {
            var (token, next) = (parsed.Tokens[i], parsed.Tokens.ElementAtOrDefault(i + 1));
            if (token.Type == TokenType.Option && LeftOut.Contains(token.Value))
            {
                if (token.Value == LeftOut[0]) i++;
                continue;
            }

            // A value that begins with a dash would be taken for an option.
            var joined = token.Type == TokenType.Option && next is { Type: TokenType.Argument } && next.Value.StartsWith('-');
            words.Add(Quoted(joined ? $"{token.Value}={next!.Value}" : token.Value));
            if (joined) i++;
        }

        return string.Join(' ', words.Prepend("mlorq"));
    }

    private static string Quoted(string word) => Plain().IsMatch(word) ? word : $"'{word.Replace("'", @"'\''", StringComparison.Ordinal)}'";

    [GeneratedRegex(@"^[A-Za-z0-9_@%+=:,./-]+\z")]
    private static partial Regex Plain();
}
