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
    /// <param name="cancellation">Stops between two runs.</param>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static IReadOnlyList<TimeSpan> Median(
        IReadOnlyList<ModelRunner> models, Tensor input, int mostRuns, TimeSpan longest, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(models);
        ArgumentOutOfRangeException.ThrowIfLessThan(mostRuns, 1);
        var inputs = models.Select(m => new Dictionary<string, Tensor> { [m.InputNames[0]] = input }).ToList();
        var times = models.Select(_ => new List<TimeSpan>()).ToList();
        var start = Stopwatch.GetTimestamp();
        for (var run = -WarmUpRuns; run < mostRuns; run++)
        {
            if (run >= FewestRuns && Stopwatch.GetElapsedTime(start) > longest) break;
            for (var m = 0; m < models.Count; m++)
            {
                cancellation.ThrowIfCancellationRequested();
                var before = Stopwatch.GetTimestamp();
                models[m].Run(inputs[m]);
                if (run >= 0) times[m].Add(Stopwatch.GetElapsedTime(before));
            }
        }

        return times.ConvertAll(t => t.Order().ElementAt(t.Count / 2));
    }
}
