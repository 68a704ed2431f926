using System.CommandLine;
using System.CommandLine.Completions;
using System.CommandLine.Help;
using Mlorq.Cli.Commands;
using Mlorq.Cli.Inputs;
using Mlorq.Onnx;

namespace Mlorq.Cli;

/// <summary>The command line as a whole: parse, run one command, turn what went wrong into a message and a number.</summary>
internal static class CommandLine
{
    /// <summary>Runs a command line.</summary>
    /// <returns>The exit code; see <see cref="ExitCode"/>.</returns>
    public static int Run(IReadOnlyList<string> args, Terminal terminal)
    {
        try
        {
            (var parsed, terminal) = Parse(args, terminal);
            if (parsed.Errors.Count > 0 && !IsSuggestion(parsed)) return Refuse(parsed, terminal);
            var streams = new InvocationConfiguration
            {
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
                Output = terminal.Output.Profile.Out.Writer,
                Error = terminal.Error.Profile.Out.Writer,
            };
            return parsed.Invoke(streams);
        }
        catch (Exception exception)
        {
            Explain(exception, terminal);
            return ExitCode.Of(exception);
        }
    }

    /// <summary>Understands a command line without running it, and how it wants to be spoken to.</summary>
    /// <exception cref="UsageException">A file of options, or what is to be said, cannot be understood.</exception>
    internal static (ParseResult Parsed, Terminal Terminal) Parse(IReadOnlyList<string> args, Terminal terminal)
    {
        var (root, messages) = Root(terminal);
        var line = root.Parse(args);
        var all = ConfigFile.Expand(args, line);
        var spoken = messages.For(ReferenceEquals(all, args) ? line : root.Parse(all), terminal);
        return (Root(spoken).Root.Parse(all), spoken);
    }

    /// <summary>All commands.</summary>
    internal static (RootCommand Root, MessageOptions Messages) Root(Terminal terminal)
    {
        var messages = new MessageOptions();
        var root = new MainCommand
        {
            CompressCommand.Create(terminal),
            AnalyzeCommand.Create(terminal),
            PlanCommand.Create(terminal),
            CurveCommand.Create(terminal),
            InspectCommand.Create(terminal),
            EvaluateCommand.Create(terminal),
            BenchCommand.Create(terminal),
            DemoCommand.Create(terminal),
            CompletionCommand.Create(terminal),
            MemoryCommand.Create(terminal),
        };
        messages.AddTo(root);
        var help = root.Options.OfType<HelpOption>().Single();
        help.Action = new HelpWithExamples((HelpAction)help.Action!);
        OfferedWords.Complete(root);
        return (root, messages);
    }

    // Half a line, which is to be completed, has errors by its nature.
    private static bool IsSuggestion(ParseResult parsed) => parsed.RootCommandResult.Command is RootCommand root && root.Directives.OfType<SuggestDirective>().Any(d => parsed.GetResult(d) is not null);

    private static int Refuse(ParseResult parsed, Terminal terminal)
    {
        var errors = parsed.Errors.Select(e => e.Message).Distinct().ToList();
        var name = parsed.CommandResult.Command is RootCommand ? "" : $" {parsed.CommandResult.Command.Name}";
        foreach (var error in errors) terminal.Fail(error, ExitCode.Usage, error == errors[^1] ? $"`mlorq{name} --help` shows how it is used." : null);
        return ExitCode.Usage;
    }

    private static void Explain(Exception exception, Terminal terminal)
    {
        var message = exception switch
        {
            OperationCanceledException => "Cancelled.",
            MlorqException => exception.Message,
            OutOfMemoryException => "There is not enough memory for this model. Use fewer --threads, or give compress less --memory.",
            _ => $"Unexpected {exception.GetType().Name}: {exception.Message} Please report this as a defect, with what --verbose adds.",
        };
        terminal.Fail(message, ExitCode.Of(exception), terminal.Verbosity == Verbosity.Verbose ? exception.ToString() : null);
    }
}
