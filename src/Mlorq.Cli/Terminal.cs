using Spectre.Console;

namespace Mlorq.Cli;

/// <summary>Where a command writes and how it is told to stop.</summary>
/// <param name="Output">Results: tables, JSON.</param>
/// <param name="Error">Progress and messages, so that results can be piped.</param>
/// <param name="Cancellation">Ctrl-C.</param>
internal sealed record Terminal(IAnsiConsole Output, IAnsiConsole Error, CancellationToken Cancellation)
{
    // A pipe has no width; the widest table fits into this one.
    private const int PipeWidth = 200;

    /// <summary>Whether somebody is watching, so that bars can move.</summary>
    public bool IsWatched => Error.Profile.Out.IsTerminal && Error.Profile.Capabilities.Interactive;

    /// <summary>The streams of this process.</summary>
    public static Terminal OfProcess(CancellationToken cancellation) =>
        new(Create(Console.Out, Console.IsOutputRedirected), Create(Console.Error, Console.IsErrorRedirected), cancellation);

    /// <summary>A console that writes plain text without escape sequences.</summary>
    public static IAnsiConsole Plain(TextWriter writer) => Create(writer, isRedirected: true);

    /// <summary>Writes a line as it is: not wrapped, not marked up.</summary>
    public static void WriteLine(IAnsiConsole console, string line)
    {
        console.Profile.Out.Writer.WriteLine(line);
        console.Profile.Out.Writer.Flush();
    }

    private static IAnsiConsole Create(TextWriter writer, bool isRedirected)
    {
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
