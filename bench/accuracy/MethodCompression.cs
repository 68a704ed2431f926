using System.Diagnostics;
using Mlorq.InterLayer;
using Mlorq.IntraLayer;
using Mlorq.Layers;
using Mlorq.Vision;

namespace Mlorq.Benchmarks.Accuracy;

/// <summary>Compresses a model by one method for all budgets, from one analysis.</summary>
internal static class MethodCompression
{
    /// <summary>Rows without an evaluation, and a file in the folder for each possible budget.</summary>
    public static MethodResult Run(Method method, Workload work, BenchmarkOptions options, string folder)
    {
        var run = new RunSettings { Threads = options.Threads, Progress = new StepLog(method.Name) };
        var budgets = options.Budgets.Select(text => (Text: text, Options: OptionsOf(method, work, Budget.Parse(text)))).ToList();
        var start = Stopwatch.GetTimestamp();
        // The budget is not looked at before an analysis is compressed.
        var analysis = Compressor.Analyze(work.Model, work.Calibration, budgets[0].Options, run);
        var time = Stopwatch.GetElapsedTime(start);
        var rows = budgets.ConvertAll(b => Compress(b.Text, analysis, work.Calibration, b.Options, run, FileOf(folder, b.Text)));
        return new MethodResult(method.Name, time.TotalSeconds, Machine.PeakMemoryInBytes(), rows);
    }

    /// <summary>The file of a budget.</summary>
    public static string FileOf(string folder, string budget) => Path.Combine(folder, $"{budget}.onnx");

    private static CompressionOptions OptionsOf(Method method, Workload work, Budget budget) => method.Configure(
        new CompressionOptions { Budget = budget, Metadata = PreprocessingMetadata.Of(work.Preprocessing) });

    private static Row Compress(string text, Analysis analysis, CalibrationSet calibration, CompressionOptions options, RunSettings run, string path)
    {
        try
        {
            var start = Stopwatch.GetTimestamp();
            var result = Compressor.Compress(analysis, calibration, options, run);
            CompressedFile.Write(result, path, calibration.Take(options.SensitivitySamples), run);
            var time = Stopwatch.GetElapsedTime(start);
            EnsureSize(path, result.Plan);
            return new Row(text, result.Plan.BudgetInBytes, null, Describe(result, time), null);
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

    private static CompressedModel Describe(CompressionResult result, TimeSpan time)
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
            time.TotalSeconds,
            plan.Hash);
    }
}
