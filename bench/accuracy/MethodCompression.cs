using System.Diagnostics;
using Mlorq.InterLayer;
using Mlorq.IntraLayer;
using Mlorq.Layers;
using Mlorq.Vision;

namespace Mlorq.Benchmarks.Accuracy;

/// <summary>Compresses a model by one method after the other for all budgets, from one analysis for those that share it.</summary>
internal sealed class MethodCompression(Workload work, BenchmarkOptions options)
{
    private Func<CompressionOptions, CompressionOptions>? _analyzedFor;
    private Analysis? _analysis;
    private double _analysisInSeconds;
    private readonly Dictionary<string, (CompressionPlan Plan, double Seconds)> _plans = [];

    /// <summary>Rows without an evaluation, and a file in the folder for each possible budget.</summary>
    public MethodResult Run(Method method, string folder)
    {
        var run = new RunSettings { Threads = options.Threads, Progress = new StepLog(method.Name) };
        Analyze(method, run);
        var rows = options.Budgets.Select(b => Compress(b, method, run, FileOf(folder, b))).ToList();
        return new MethodResult(method.Name, _analysisInSeconds, Machine.PeakMemoryInBytes(), rows);
    }

    /// <summary>The file of a budget.</summary>
    public static string FileOf(string folder, string budget) => Path.Combine(folder, $"{budget}.onnx");

    private void Analyze(Method method, RunSettings run)
    {
        if (_analyzedFor == method.Analysis) return;
        _plans.Clear();
        _analysis = null;
        var start = Stopwatch.GetTimestamp();
        // The budget is not looked at before an analysis is compressed.
        _analysis = Compressor.Analyze(work.Model, work.Calibration, OptionsOf(method, options.Budgets[0]), run);
        (_analysisInSeconds, _analyzedFor) = (Stopwatch.GetElapsedTime(start).TotalSeconds, method.Analysis);
    }

    private CompressionOptions OptionsOf(Method method, string budget) => method.Analysis(
        new CompressionOptions { Budget = Budget.Parse(budget), Metadata = PreprocessingMetadata.Of(work.Preprocessing) });

    private (CompressionPlan Plan, double Seconds) Plan(string budget, CompressionOptions planned, RunSettings run)
    {
        if (_plans.TryGetValue(budget, out var known)) return known;
        var start = Stopwatch.GetTimestamp();
        var plan = Compressor.Plan(_analysis!, work.Calibration, planned, run);
        return _plans[budget] = (plan, Stopwatch.GetElapsedTime(start).TotalSeconds);
    }

    private Row Compress(string text, Method method, RunSettings run, string path)
    {
        try
        {
            var planned = OptionsOf(method, text);
            var (plan, seconds) = Plan(text, planned, run);
            var start = Stopwatch.GetTimestamp();
            var result = Compressor.Compress(_analysis!, plan, work.Calibration, method.Finish(planned), run);
            CompressedFile.Write(result, path, work.Calibration.Take(planned.SensitivitySamples), run);
            EnsureSize(path, result.Plan);
            return new Row(text, plan.BudgetInBytes, null, Describe(result, seconds + Stopwatch.GetElapsedTime(start).TotalSeconds), null);
        }
        catch (BudgetTooSmallException e)
        {
            return new Row(text, e.BudgetInBytes, e.SmallestPossibleInBytes, null, null);
        }
    }

    private static void EnsureSize(string path, CompressionPlan plan)
    {
        var size = new FileInfo(path).Length;
        if (size != plan.SizeInBytes || size > plan.BudgetInBytes)
            throw new BenchmarkException($"The file has {size} bytes, its plan predicted {plan.SizeInBytes}, and the budget is {plan.BudgetInBytes}. Please report this as a defect.");
    }

    private static CompressedModel Describe(CompressionResult result, double seconds)
    {
        var plan = result.Plan;
        var weights = plan.Choices.Where(c => c.Layer is LinearLayer or ConvolutionLayer).ToList();
        return new CompressedModel(
            plan.SizeInBytes,
            8.0 * weights.Sum(c => c.Candidate.SizeInBytes) / weights.Sum(c => c.Layer.Parameters),
            plan.Choices.Count(c => c.Candidate.Candidate is Candidate.LowRank),
            plan.Choices.Count(c => c.Layer is LinearLayer),
            -10 * Math.Log10(plan.NoiseToSignal),
            result.Change.SignalToNoiseInDecibels,
            seconds,
            plan.Hash,
            [.. result.Steps.Where(s => s.IsKept).Select(s => s.Step.ToString())]);
    }
}
