using System.CommandLine;
using System.Globalization;

namespace Mlorq.Cli.Inputs;

/// <summary>Options that several commands share.</summary>
internal static class RunOptions
{
    public static Argument<string> Model(string description) => new("MODEL") { Description = description };

    public static Argument<string> Analysis() => new("ANALYSIS") { Description = "A file written by `mlorq analyze`." };

    public static Option<string?> Text(string name, string helpName, string description) => new(name) { HelpName = helpName, Description = description };

    public static Option<int?> Threads() => Positive("--threads", "N", "Threads to use; results do not depend on it. Default: all processors.");

    public static Option<bool> Json() => new("--json") { Description = "Print JSON instead of tables." };

    public static Option<int?> Positive(string name, string helpName, string description)
    {
        var option = new Option<int?>(name) { Description = description, HelpName = helpName };
        option.CustomParser = argument =>
        {
            if (int.TryParse(argument.Tokens[0].Value, out var value) && value > 0) return value;
            argument.AddError($"{name} must be a whole number from 1 on, not '{argument.Tokens[0].Value}'.");
            return null;
        };
        return option;
    }

    /// <summary>A number with a point before its decimals, whatever the country.</summary>
    public static Option<double?> Number(string name, string description, string example, bool isZeroAllowed = false)
    {
        var option = new Option<double?>(name) { HelpName = "X", Description = description };
        option.CustomParser = argument =>
        {
            var text = argument.Tokens[0].Value;
            if (double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value) && (value > 0 || isZeroAllowed)) return value;
            argument.AddError($"{name} must be a number {(isZeroAllowed ? "from 0 on" : "above 0")} with a point before the decimals, such as {example}, not '{text}'.");
            return null;
        };
        return option;
    }

    /// <summary>What a word stands for; null where the option is not given.</summary>
    /// <exception cref="UsageException">The word is none of those that are offered.</exception>
    public static T? Word<T>(ParseResult parsed, Option<string?> option, Dictionary<string, T> words)
        where T : struct, Enum
    {
        if (parsed.GetValue(option) is not { } text) return null;
        if (words.TryGetValue(text.ToLowerInvariant(), out var value)) return value;
        var names = words.Keys.ToList();
        throw new UsageException($"{option.Name} is '{text}'; it must be {string.Join(", ", names.SkipLast(1))} or {names[^1]}.");
    }
}
