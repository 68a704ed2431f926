using Mlorq.Cli.Display;
using Spectre.Console;

namespace Mlorq.Cli;

/// <summary>How much is said besides results.</summary>
internal enum Verbosity
{
    /// <summary>Errors.</summary>
    Quiet,

    /// <summary>Progress and notes as well.</summary>
    Normal,

    /// <summary>Everything.</summary>
    Verbose,
}

/// <summary>Where a command writes and how it is told to stop.</summary>
/// <param name="Output">Results: tables, JSON.</param>
/// <param name="Error">Progress and messages, so that results can be piped.</param>
/// <param name="Cancellation">Ctrl-C.</param>
internal sealed record Terminal(IAnsiConsole Output, IAnsiConsole Error, CancellationToken Cancellation)
{
    // A pipe has no width; the widest table fits into this one.
    private const int PipeWidth = 200;

    /// <summary>How much is said.</summary>
    public Verbosity Verbosity { get; init; } = Verbosity.Normal;

    /// <summary>Where progress and messages go as JSON; null where they are text.</summary>
    public EventLog? Events { get; init; }

    /// <summary>What must not stay behind when the process is ended in the midst of work.</summary>
    public Leftovers Leftovers { get; } = new();

    /// <summary>Whether somebody is watching, so that bars can move.</summary>
    public bool IsWatched => Error.Profile.Out.IsTerminal && Error.Profile.Capabilities.Interactive;

    /// <summary>The streams of this process.</summary>
    public static Terminal OfProcess(CancellationToken cancellation) =>
        new(Create(Console.Out, Console.IsOutputRedirected), Create(Console.Error, Console.IsErrorRedirected), cancellation);

    /// <summary>A console that writes plain text without escape sequences.</summary>
    public static IAnsiConsole Plain(TextWriter writer) => Create(writer, isRedirected: true);

    /// <summary>Says something that is good to know and no error.</summary>
    public void Note(string text)
    {
        if (Verbosity == Verbosity.Quiet) return;
        if (Events is not null) Events.Note(text);
        else WriteLine(Error, $"note: {text}");
    }

    /// <summary>Says why the process fails.</summary>
    /// <param name="message">What, where, which numbers, what to do.</param>
    /// <param name="code">The exit code.</param>
    /// <param name="hint">A line that is no part of the message.</param>
    public void Fail(string message, int code, string? hint = null)
    {
        if (Events is not null)
        {
            Events.Error(message, code);
            return;
        }

        WriteLine(Error, code == ExitCode.Cancelled ? message : $"error: {message}");
        if (hint is not null) WriteLine(Error, hint);
    }

    /// <summary>Writes a line as it is: not wrapped, not marked up.</summary>
    public static void WriteLine(IAnsiConsole console, string line)
    {
        console.Profile.Out.Writer.WriteLine(line);
        console.Profile.Out.Writer.Flush();
    }

    private static IAnsiConsole Create(TextWriter writer, bool isRedirected)
    {
        // Where it is a terminal, the library looks at TERM and NO_COLOR.
        var settings = new AnsiConsoleSettings { Out = new AnsiConsoleOutput(writer) };
        if (!isRedirected) return AnsiConsole.Create(settings);
        settings.Ansi = AnsiSupport.No;
        settings.ColorSystem = ColorSystemSupport.NoColors;
        settings.Interactive = InteractionSupport.No;
        var console = AnsiConsole.Create(settings);
        console.Profile.Width = PipeWidth;
        return console;
    }
}
