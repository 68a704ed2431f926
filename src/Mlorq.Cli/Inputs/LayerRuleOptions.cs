using System.CommandLine;
using System.CommandLine.Parsing;

namespace Mlorq.Cli.Inputs;

/// <summary>What is left to choose for some layers.</summary>
internal sealed class LayerRuleOptions
{
    private const string Pattern = "a name, a pattern with * and ?, or a regular expression after re:";

    private readonly Option<string[]> _pin = Rule(
        "--pin", "LAYERS=FORM", $"Store layers in one form: a number of bits (2, 3, 4, 6, 8; 16 for half precision), or a form such as q4g64. LAYERS is {Pattern}. May be repeated, as --exclude and --bits; the last rule that matches a layer decides.");

    private readonly Option<string[]> _exclude = Rule("--exclude", "LAYERS", "Leave layers as they are, such as '*/patch_embed/*'.");

    private readonly Option<string[]> _bits = Rule("--bits", "LAYERS=BITS[,BITS]", "Allow layers some widths only, such as '*/mlp/*=3,4'.");

    /// <summary>The options; those of a file and of a command line add up.</summary>
    public IReadOnlyList<Option> Options => [_pin, _exclude, _bits];

    /// <summary>The options with what was given.</summary>
    /// <exception cref="OptionsException">A rule cannot be understood.</exception>
    public CompressionOptions For(ParseResult parsed, CompressionOptions options)
    {
        var rules = Given(parsed).ToList();
        return rules.Count == 0 ? options : options with { Candidates = options.Candidates with { Rules = [.. options.Candidates.Rules, .. rules] } };
    }

    // Which rule is the last is told by the line itself: the parser sorts values by their options.
    private IEnumerable<LayerRule> Given(ParseResult parsed)
    {
        string? option = null;
        foreach (var token in parsed.Tokens)
        {
            if (token.Type == TokenType.Option) option = token.Value;
            else if (token.Type == TokenType.Argument && option == _pin.Name) yield return LayerRule.ParsePin(token.Value);
            else if (token.Type == TokenType.Argument && option == _exclude.Name) yield return LayerRule.ParseExclusion(token.Value);
            else if (token.Type == TokenType.Argument && option == _bits.Name) yield return LayerRule.ParseWidths(token.Value);

            // One value for each option: what follows is something else, such as the model.
            if (token.Type == TokenType.Argument) option = null;
        }
    }

    private static Option<string[]> Rule(string name, string helpName, string description) =>
        new(name) { HelpName = helpName, Description = description, Arity = ArgumentArity.OneOrMore };
}
