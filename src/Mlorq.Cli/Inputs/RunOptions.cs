using System.CommandLine;

namespace Mlorq.Cli.Inputs;

/// <summary>Options that several commands share.</summary>
internal static class RunOptions
{
    public static Argument<string> Model(string description) => new("MODEL") { Description = description };

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
}
