using System.CommandLine;
using System.CommandLine.Help;
using Mlorq.Cli.Commands;
using Mlorq.Onnx;

namespace Mlorq.Cli;

/// <summary>The command line as a whole: parse, run one command, turn what went wrong into a message and a number.</summary>
internal static class CommandLine
{
    /// <summary>Runs a command line.</summary>
    /// <returns>The exit code; see <see cref="ExitCode"/>.</returns>
    public static int Run(IReadOnlyList<string> args, Terminal terminal)
    {
        var (parsed, verbose) = Parse(args, terminal);
        if (parsed.Errors.Count > 0)
        {
            foreach (var error in parsed.Errors.DistinctBy(e => e.Message)) Terminal.WriteLine(terminal.Error, $"error: {error.Message}");
            var name = parsed.CommandResult.Command is RootCommand ? "" : $" {parsed.CommandResult.Command.Name}";
            Terminal.WriteLine(terminal.Error, $"`mlorq{name} --help` shows how it is used.");
            return ExitCode.Usage;
        }

        try
        {
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
            Explain(exception, terminal, verbose);
            return ExitCode.Of(exception);
        }
    }

    /// <summary>Understands a command line without running it.</summary>
    internal static (ParseResult Parsed, bool Verbose) Parse(IReadOnlyList<string> args, Terminal terminal)
    {
        var verbose = new Option<bool>("--verbose")
        {
            Description = "Show more: every layer in tables, and where in the program an error arose.",
            Recursive = true,
        };
        var parsed = Root(terminal, verbose).Parse(args);
        return (parsed, parsed.GetValue(verbose));
    }

    private static RootCommand Root(Terminal terminal, Option<bool> verbose)
    {
        var root = new RootCommand(
            "Compresses trained transformers in ONNX form to a size that you choose: "
            + "each layer gets the low-bit or low-rank form that changes the outputs least.")
        {
            verbose,
            CompressCommand.Create(terminal, verbose),
            InspectCommand.Create(terminal, verbose),
            EvaluateCommand.Create(terminal),
            BenchCommand.Create(terminal),
            DemoCommand.Create(terminal, verbose),
            MemoryCommand.Create(terminal),
        };
        root.SetAction((Func<ParseResult, int>)(_ => throw new UsageException("Name a command, for example `mlorq demo`. `mlorq --help` shows all of them.")));
        var help = root.Options.OfType<HelpOption>().Single();
        help.Action = new HelpWithExamples((HelpAction)help.Action!);
        return root;
    }

    private static void Explain(Exception exception, Terminal terminal, bool verbose)
    {
        Terminal.WriteLine(terminal.Error, exception switch
        {
            OperationCanceledException => "Cancelled.",
            MlorqException => $"error: {exception.Message}",
            OutOfMemoryException => "error: There is not enough memory for this model. Use fewer --threads, or give compress less --memory.",
            _ => $"error: Unexpected {exception.GetType().Name}: {exception.Message} Please report this as a defect, with what --verbose adds.",
        });
        if (verbose) Terminal.WriteLine(terminal.Error, exception.ToString());
    }
}
