using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Mlorq.Cli;

/// <summary>The usual help, followed by examples that can be copied.</summary>
internal sealed class HelpWithExamples(HelpAction usual) : SynchronousCommandLineAction
{
    private const int Width = 110;

    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        usual.MaxWidth = Width;
        usual.Invoke(parseResult);
        if (parseResult.CommandResult.Command is not ICommandWithExamples command) return ExitCode.Success;
        var output = parseResult.InvocationConfiguration.Output;
        output.WriteLine("Examples:");
        foreach (var (what, line) in command.Examples)
        {
            output.WriteLine($"  # {what}");
            output.WriteLine($"  {line}");
        }

        return ExitCode.Success;
    }
}

/// <summary>A command that can be shown at work.</summary>
internal interface ICommandWithExamples
{
    /// <summary>What each example does, and the line to type.</summary>
    IReadOnlyList<(string What, string Line)> Examples { get; }
}
