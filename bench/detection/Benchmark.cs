using System.Diagnostics;
using Mlorq.Benchmarks.Accuracy;
using Mlorq.Vision;

namespace Mlorq.Benchmarks.Detection;

/// <summary>Reads and evaluates the official tool's own example again and again.</summary>
internal static class Benchmark
{
    // After so many the code that is run often has been compiled for speed.
    private const int WarmUpRuns = 40;

    /// <summary>The whole run.</summary>
    public static Report Run(string data, int runs, string command)
    {
        var (date, machine) = (DateTimeOffset.UtcNow, Machine.Now());
        var first = EvaluationRun.Of(data);
        for (var i = 0; i < WarmUpRuns; i++) EvaluationRun.Of(data);
        var later = Enumerable.Range(0, runs).Select(_ => EvaluationRun.Of(data)).ToList();
        var steps = first.Steps.Select((step, i) => new StepTime(step.Name, step.Seconds, Median(later.Select(r => r.Steps[i].Seconds)))).ToList();
        return new Report(
            date, command, machine, typeof(CocoEvaluation).Assembly.GetName().Version!.ToString(3), first.Pictures, first.Detections, first.BoxPrecision, first.MaskPrecision, WarmUpRuns, runs,
            steps, new StepTime("all of it", first.Seconds, Median(later.Select(r => r.Seconds))));
    }

    private static double Median(IEnumerable<double> seconds)
    {
        var sorted = seconds.Order().ToList();
        return (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;
    }

    /// <summary>One evaluation of the boxes of one file and of the masks of another, as the official tool does for its example.</summary>
    private sealed record EvaluationRun(IReadOnlyList<(string Name, double Seconds)> Steps, int Pictures, int Detections, double BoxPrecision, double MaskPrecision)
    {
        public double Seconds => Steps.Sum(s => s.Seconds);

        public static EvaluationRun Of(string data)
        {
            var steps = new List<(string, double)>();
            var truth = Timed("ground truth read", () => CocoGroundTruth.Read(Path.Combine(data, "instances_val2014_100.json")));
            var boxes = Timed("detections with boxes read", () => DetectionFile.Read(Path.Combine(data, "instances_val2014_fakebbox100_results.json"), truth));
            var masks = Timed("detections with masks read", () => DetectionFile.Read(Path.Combine(data, "instances_val2014_fakesegm100_results.json"), truth));
            var box = Timed("figures of boxes", () => CocoEvaluation.Run(truth, boxes, DetectionShape.Box));
            var mask = Timed("figures of masks", () => CocoEvaluation.Run(truth, masks, DetectionShape.Mask));
            return new EvaluationRun(steps, truth.Images.Count, boxes.Count + masks.Count, box["AP"]!.Value, mask["AP"]!.Value);

            T Timed<T>(string name, Func<T> step)
            {
                var start = Stopwatch.GetTimestamp();
                var result = step();
                steps.Add((name, Stopwatch.GetElapsedTime(start).TotalSeconds));
                return result;
            }
        }
    }
}
