using System.Globalization;
using Spectre.Console;

namespace Mlorq.Cli.Display;

/// <summary>Shows how far the steps of a command are: moving bars for people, one line for each finished step where nobody watches, JSON for machines, or nothing.</summary>
internal abstract class StepProgress
{
    /// <summary>Tells that a number of pieces of a step are done. A step begins with its first report and ends when all pieces are done.</summary>
    /// <param name="step">The step.</param>
    /// <param name="done">Pieces done.</param>
    /// <param name="total">Pieces in all.</param>
    /// <param name="layer">The layer, or what else the piece just finished was.</param>
    public abstract void Report(string step, int done, int total, string? layer = null);

    /// <summary>The same for a step that is told apart by nothing but its count.</summary>
    public IProgress<int> Counter(string step, int total) => new Listener<int>(done => Report(step, done, total));

    /// <summary>Says something that is no step.</summary>
    public abstract void Note(string text);

    /// <summary>Listens to a compression.</summary>
    public IProgress<CompressionEvent> Compression() => new Listener<CompressionEvent>(e =>
    {
        if (e.Step is CompressionStep.Resume or CompressionStep.Trial) Note(e.What ?? "");
        else Report(NameOf(e.Step), e.Done, e.Total, e.What);
    });

    /// <summary>Does work while its progress is shown on the error stream.</summary>
    public static T Show<T>(Terminal terminal, Func<StepProgress, T> work)
    {
        if (terminal.Verbosity == Verbosity.Quiet) return work(new Silence());
        if (terminal.Events is not null) return work(new Events(terminal));
        if (!terminal.IsWatched) return work(new Lines(terminal));
        using var shown = terminal.Leftovers.Add(() => terminal.Error.Cursor.Show(true));
        return terminal.Error.Progress()
            .HideCompleted(false)
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .Start(context => work(new Bars(context, terminal.Error)));
    }

    private static string NameOf(CompressionStep step) => step switch
    {
        CompressionStep.Statistics => "Measuring layer inputs",
        CompressionStep.Gradients => "Weighing rows and tokens",
        CompressionStep.Ridges => "Judging fits",
        CompressionStep.Candidates => "Trying candidates",
        CompressionStep.Sensitivity => "Pricing candidates",
        CompressionStep.Solve => "Solving for the budget",
        CompressionStep.Round => "Rounding",
        CompressionStep.Sweep => "Rounding on compressed inputs",
        CompressionStep.Reconstruct => "Reconstructing blocks",
        CompressionStep.Tune => "Tuning",
        CompressionStep.Check => "Checking the file",
        CompressionStep.Measure => "Measuring plans",
        _ => step.ToString(),
    };

    private sealed class Bars(ProgressContext context, IAnsiConsole console) : StepProgress
    {
        // A name of a layer is shortened from its front, where names of one model are alike.
        private const int LongestLayer = 32;

        private readonly Dictionary<string, ProgressTask> _tasks = [];

        // A line of its own above the bars.
        public override void Note(string text) => console.WriteLine($"note: {text}");

        public override void Report(string step, int done, int total, string? layer = null)
        {
            lock (_tasks)
            {
                if (!_tasks.TryGetValue(step, out var task)) _tasks.Add(step, task = context.AddTask(step));
                task.Description = Markup.Escape(layer is null || done >= total ? step : $"{step}: {Shortened(layer)}");
                // Layers in groups go through some steps several times, not always in as many pieces.
                task.MaxValue = total;
                task.Value = done;
            }
        }

        private static string Shortened(string layer) => layer.Length <= LongestLayer ? layer : $"…{layer[^(LongestLayer - 1)..]}";
    }

    private sealed class Lines(Terminal terminal) : StepProgress
    {
        private readonly Lock _lock = new();
        private readonly StepClock _clock = new();

        public override void Note(string text)
        {
            lock (_lock) terminal.Note(text);
        }

        public override void Report(string step, int done, int total, string? layer = null)
        {
            lock (_lock)
            {
                var seconds = _clock.Elapsed(step);
                if (done < total) return;
                _clock.End();
                Terminal.WriteLine(terminal.Error, string.Create(CultureInfo.InvariantCulture, $"{step}: {done} of {total}, {seconds:F1} s"));
            }
        }
    }

    private sealed class Events(Terminal terminal) : StepProgress
    {
        private readonly Lock _lock = new();
        private readonly StepClock _clock = new();

        public override void Note(string text) => terminal.Note(text);

        public override void Report(string step, int done, int total, string? layer = null)
        {
            lock (_lock)
            {
                var elapsed = _clock.Elapsed(step);
                terminal.Events!.Progress(step, done, total, layer, done > 0 ? Math.Round(elapsed / done * (total - done), 1) : null);
                if (done >= total) _clock.End();
            }
        }
    }

    private sealed class Silence : StepProgress
    {
        public override void Note(string text)
        {
        }

        public override void Report(string step, int done, int total, string? layer = null)
        {
        }
    }

    // Progress<T> would hand events to the thread pool, where they may overtake each other.
    private sealed class Listener<T>(Action<T> hear) : IProgress<T>
    {
        public void Report(T value) => hear(value);
    }
}
