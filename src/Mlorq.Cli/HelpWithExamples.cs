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
        var output = parseResult.InvocationConfiguration.Output;
        output.Write(UsualHelp(parseResult));
        if (parseResult.CommandResult.Command is not ICommandWithExamples command) return ExitCode.Success;
        output.WriteLine("Examples:");
        foreach (var (what, line) in command.Examples)
        {
            output.WriteLine($"  # {what}");
            output.WriteLine($"  {line}");
        }

        return ExitCode.Success;
    }

    // The library calls the tool by its file; users type the name under which it is installed.
    private string UsualHelp(ParseResult parseResult)
    {
        // `bench` takes models, `bench kernels` does not take those as well.
        foreach (var argument in parseResult.CommandResult.Command.Parents.OfType<Command>().SelectMany(c => c.Arguments)) argument.Hidden = true;
        var output = parseResult.InvocationConfiguration.Output;
        using var text = new StringWriter();
        parseResult.InvocationConfiguration.Output = text;
        usual.MaxWidth = Width;
        usual.Invoke(parseResult);
        parseResult.InvocationConfiguration.Output = output;
        return text.ToString().Replace($"  {RootCommand.ExecutableName} ", "  mlorq ", StringComparison.Ordinal);
    }
}

/// <summary>A command that can be shown at work.</summary>
internal interface ICommandWithExamples
{
    /// <summary>What each example does, and the line to type.</summary>
    IReadOnlyList<(string What, string Line)> Examples { get; }
}
