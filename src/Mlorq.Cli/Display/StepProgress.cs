using System.Diagnostics;
using System.Globalization;
using Spectre.Console;

namespace Mlorq.Cli.Display;

/// <summary>Shows how far the steps of a command are: moving bars for people, one line for each finished step otherwise.</summary>
internal abstract class StepProgress
{
    /// <summary>Tells that a number of pieces of a step are done. A step begins with its first report and ends when all pieces are done.</summary>
    public abstract void Report(string step, int done, int total);

    /// <summary>The same for a step that is told apart by nothing but its count.</summary>
    public IProgress<int> Counter(string step, int total) => new Listener<int>(done => Report(step, done, total));

    /// <summary>Says something that is no step.</summary>
    public abstract void Note(string text);

    /// <summary>Listens to a compression.</summary>
    public IProgress<CompressionEvent> Compression() => new Listener<CompressionEvent>(e =>
    {
        if (e.Step == CompressionStep.Resume) Note($"note: {e.What}");
        else Report(NameOf(e.Step), e.Done, e.Total);
    });

    /// <summary>Does work while its progress is shown on the error stream.</summary>
    public static T Show<T>(Terminal terminal, Func<StepProgress, T> work)
    {
        if (!terminal.IsWatched) return work(new Lines(terminal.Error));
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
        _ => step.ToString(),
    };

    private sealed class Bars(ProgressContext context, IAnsiConsole console) : StepProgress
    {
        private readonly Dictionary<string, ProgressTask> _tasks = [];

        // A line of its own above the bars.
        public override void Note(string text) => console.WriteLine(text);

        public override void Report(string step, int done, int total)
        {
            lock (_tasks)
            {
                if (!_tasks.TryGetValue(step, out var task)) _tasks.Add(step, task = context.AddTask(step, maxValue: total));
                task.Value = done;
            }
        }
    }

    private sealed class Lines(IAnsiConsole console) : StepProgress
    {
        private readonly Lock _lock = new();
        private long _start = Stopwatch.GetTimestamp();

        public override void Note(string text)
        {
            lock (_lock) Terminal.WriteLine(console, text);
        }

        public override void Report(string step, int done, int total)
        {
            lock (_lock)
            {
                if (done < total) return;
                var seconds = Stopwatch.GetElapsedTime(_start).TotalSeconds;
                _start = Stopwatch.GetTimestamp();
                Terminal.WriteLine(console, string.Create(CultureInfo.InvariantCulture, $"{step}: {done} of {total}, {seconds:F1} s"));
            }
        }
    }

    // Progress<T> would hand events to the thread pool, where they may overtake each other.
    private sealed class Listener<T>(Action<T> hear) : IProgress<T>
    {
        public void Report(T value) => hear(value);
    }
}
