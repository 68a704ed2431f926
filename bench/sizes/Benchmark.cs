using Microsoft.ML.OnnxRuntime;
using Mlorq.Benchmarks.Accuracy;
using Mlorq.Onnx;
using Mlorq.Onnx.Graphs;

namespace Mlorq.Benchmarks.Sizes;

/// <summary>Compresses or analyses a model as the command does.</summary>
internal static class Benchmark
{
    private const int BatchSize = 8;

    /// <summary>The whole run.</summary>
    public static Report Run(BenchmarkOptions options, string command)
    {
        var (date, machine, times) = (DateTimeOffset.UtcNow, Machine.Now(), new StepTimes());
        var model = OnnxReader.Read(options.Model);
        var calibration = CalibrationSet.Of(new Dictionary<string, Tensor> { ["input"] = GeneratedTransformer.Pictures(options.Pictures, seed: 2) }, BatchSize);
        var run = new RunSettings { Threads = options.Threads, Progress = times };
        if (options.Memory is { } memory) run = run.Within(Budget.Parse(memory).InBytes(model.SizeInBytes, Parameters(model)), model);
        var compression = new CompressionOptions { Budget = options.Budget is { } budget ? Budget.Parse(budget) : new Budget.Ratio(1) }.With(options.Effort);
        var (size, signalToNoise) = options.Budget is null ? Analyze(model, calibration, compression, run, options) : Compress(model, calibration, compression, run, options);
        var steps = times.End();
        return new Report(
            date, command, options, machine, typeof(Compressor).Assembly.GetName().Version!.ToString(3), OrtEnv.Instance().GetVersionString(),
            model.SizeInBytes, Parameters(model), size, signalToNoise, steps, steps.Sum(s => s.Seconds), Machine.PeakMemoryInBytes());
    }

    private static (long? Size, double? SignalToNoise) Analyze(Model model, CalibrationSet calibration, CompressionOptions compression, RunSettings run, BenchmarkOptions options)
    {
        AnalysisFile.Write(Compressor.Analyze(model, calibration, compression, run), calibration, compression, File(options, ".analysis"), run);
        return (null, null);
    }

    private static (long? Size, double? SignalToNoise) Compress(Model model, CalibrationSet calibration, CompressionOptions compression, RunSettings run, BenchmarkOptions options)
    {
        var path = File(options, ".small.onnx");
        var result = Compressor.Compress(model, calibration, compression, run);
        CompressedFile.Write(result, path, calibration, run);
        return (new FileInfo(path).Length, result.Change.SignalToNoiseInDecibels);
    }

    // Beside the model, where there is room for it.
    private static string File(BenchmarkOptions options, string extension) => Path.ChangeExtension(options.Model, extension);

    private static long Parameters(Model model) => model.Graph.InitializerNames.Select(model.Graph.InitializerSpec).Where(s => s.Type == ElementType.Float).Sum(s => Tensor.CountElements(s.Shape));
}
