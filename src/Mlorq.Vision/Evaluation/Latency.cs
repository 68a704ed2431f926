using System.Diagnostics;
using Mlorq.Onnx.Execution;
using Mlorq.Onnx.Graphs;

namespace Mlorq.Vision;

/// <summary>How long models take for one run.</summary>
public static class Latency
{
    private const int WarmUpRuns = 5;
    private const int FewestRuns = 5;

    /// <summary>
    /// The median time of a run for each model. The models take turns, so that a busy moment of the machine meets all of them.
    /// </summary>
    /// <param name="models">Loaded models, each with a single input.</param>
    /// <param name="input">What they are given.</param>
    /// <param name="mostRuns">Runs of each model after warming up.</param>
    /// <param name="longest">No further runs after this time, once there are five.</param>
    /// <param name="cancellation">Stops between two runs, and within a long one.</param>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static IReadOnlyList<TimeSpan> Median(
        IReadOnlyList<ModelRunner> models, Tensor input, int mostRuns, TimeSpan longest, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(models);
        return [.. Measure([.. models.Select(RunOf)], mostRuns, longest, cancellation).Select(t => t.Median)];

        Action RunOf(ModelRunner model)
        {
            var inputs = new Dictionary<string, Tensor> { [model.InputNames[0]] = input };
            return () => model.RunCancellable(inputs, cancellation);
        }
    }

    /// <summary>
    /// The times of several runs, each done again and again. They take turns, so that a busy moment of the machine meets all of them.
    /// </summary>
    /// <param name="runs">What is timed, such as one run of a loaded model.</param>
    /// <param name="mostRuns">How often each is timed at most, after five times to warm up.</param>
    /// <param name="longest">No further turns after this time, warming up included, once there are five.</param>
    /// <param name="cancellation">Stops between two runs.</param>
    /// <returns>The times of each, as many for all of them.</returns>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static IReadOnlyList<RunTimes> Measure(IReadOnlyList<Action> runs, int mostRuns, TimeSpan longest, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(runs);
        ArgumentOutOfRangeException.ThrowIfLessThan(mostRuns, 1);
        var times = runs.Select(_ => new List<TimeSpan>()).ToList();
        var start = Stopwatch.GetTimestamp();
        for (var turn = -WarmUpRuns; turn < mostRuns; turn++)
        {
            if (turn >= FewestRuns && Stopwatch.GetElapsedTime(start) > longest) break;
            for (var r = 0; r < runs.Count; r++)
            {
                cancellation.ThrowIfCancellationRequested();
                var before = Stopwatch.GetTimestamp();
                runs[r]();
                if (turn >= 0) times[r].Add(Stopwatch.GetElapsedTime(before));
            }
        }

        return times.ConvertAll(t => new RunTimes(t));
    }
}
