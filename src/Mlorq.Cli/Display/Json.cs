using System.Text.Encodings.Web;
using System.Text.Json;
using Mlorq.Layers;
using Mlorq.Onnx.Graphs;

namespace Mlorq.Cli.Display;

/// <summary>Results for scripts. Sizes are bytes, shares 0…1, times milliseconds.</summary>
internal static class Json
{
    // Not for HTML, so names like 'é' stay readable.
    public static JsonSerializerOptions Options { get; } = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static string Of(string path, ModelInspection model) => JsonSerializer.Serialize(
        new
        {
            File = path,
            model.SizeInBytes,
            model.Parameters,
            model.Opset,
            model.IrVersion,
            model.Producer,
            model.Nodes,
            Inputs = model.Inputs.Select(Value),
            Outputs = model.Outputs.Select(Value),
            model.IsCompressed,
            Metadata = model.Metadata.OrderBy(m => m.Key, StringComparer.Ordinal).ToDictionary(),
            Layers = model.Layers.Select(l => new { l.Name, l.Operator, l.Form, l.Shape, l.Parameters, l.SizeInBytes, Share = (double)l.SizeInBytes / model.SizeInBytes, l.IsConstant }),
            model.LeftAlone,
            model.ProjectedTensors,
            model.WhyNotDifferentiable,
        },
        Options);

    /// <summary>A compression, to be put on one line.</summary>
    public static object Of(CompressionResult result, string output, TimeSpan time, IReadOnlyList<TargetTrial> trials) => new
    {
        output,
        result.OriginalSizeInBytes,
        result.Plan.SizeInBytes,
        result.Plan.BudgetInBytes,
        Plan = result.Plan.Hash,
        SignalToNoiseInDecibels = Finite(result.Change.SignalToNoiseInDecibels),
        ExpectedSignalToNoiseInDecibels = Finite(Format.InDecibels(result.Plan.NoiseToSignal)),
        OptimalityGap = Finite(result.Plan.OptimalityGap),
        Seconds = Math.Round(time.TotalSeconds, 1),
        Trials = trials.Count > 0 ? trials.Select(t => new { t.BudgetInBytes, t.SizeInBytes, Value = Finite(t.Value), t.IsMet }) : null,
        Layers = result.Plan.Choices.Select(c => new { c.Layer.Name, Form = c.Candidate.Candidate.ToString(), c.Candidate.SizeInBytes, NoiseToSignal = Finite(c.NoiseToSignal) }),
    };

    /// <summary>An analysis, to be put on one line.</summary>
    public static object Of(Analysis analysis, string output, long smallestSizeInBytes, TimeSpan time) => new
    {
        output,
        OriginalSizeInBytes = analysis.Source.SizeInBytes,
        smallestSizeInBytes,
        Candidates = analysis.Prices.Sum(p => p.Front.Candidates.Count),
        Seconds = Math.Round(time.TotalSeconds, 1),
        Layers = analysis.Prices.Select(p => p.Front.Layer.Name),
    };

    public static string Of(Evaluation evaluation) => JsonSerializer.Serialize(
        new
        {
            evaluation.Pictures,
            Preprocessing = JsonDocument.Parse(evaluation.Preprocessing.ToJson()).RootElement,
            Model = Side(evaluation.Model),
            Reference = evaluation.Reference is null ? null : Side(evaluation.Reference),
            evaluation.Agreement,
            // Null for equal outputs too, and for outputs that are not finite, which `agreement` tells apart.
            SignalToNoiseInDecibels = Finite(evaluation.SignalToNoiseInDecibels),
        },
        Options);

    public static string Of(SizeCurve curve) => JsonSerializer.Serialize(
        new
        {
            Points = curve.Points.Select((p, i) => new
            {
                p.Plan.BudgetInBytes,
                p.Plan.SizeInBytes,
                p.Plan.NoiseToSignal,
                SignalToNoiseInDecibels = Finite(Format.InDecibels(p.Plan.NoiseToSignal)),
                MeasuredNoiseToSignal = p.Measured?.NoiseToSignal,
                MeasuredSignalToNoiseInDecibels = Finite(p.Measured?.SignalToNoiseInDecibels),
                p.Plan.OptimalityGap,
                IsKnee = i == curve.Knee,
            }),
            Uniform = curve.Uniform.Select(u => new { u.Bits, u.Format, u.Plan.SizeInBytes, u.Plan.NoiseToSignal, SignalToNoiseInDecibels = Finite(Format.InDecibels(u.Plan.NoiseToSignal)) }),
        },
        Options);

    public static string Of(Benchmark benchmark) => JsonSerializer.Serialize(
        new
        {
            benchmark.Threads,
            Models = benchmark.Models.Select(m => new
            {
                File = m.Model.Path,
                m.Model.SizeInBytes,
                SizeRatio = BenchmarkTable.Ratio(m.Model.SizeInBytes, benchmark.Models[0].Model.SizeInBytes),
                Batches = m.Batches.Zip(benchmark.Models[0].Batches, Batch),
            }),
        },
        Options);

    private static object Batch(BenchmarkedBatch own, BenchmarkedBatch first) => new
    {
        own.Batch,
        Inputs = own.Inputs.Select(i => new { i.Name, Type = i.Type.ToString(), i.Shape, i.Ids }),
        Runs = own.Times.Count,
        LatencyInMilliseconds = new
        {
            Median = own.Times.Median.TotalMilliseconds,
            P10 = own.Times.Quantile(0.1).TotalMilliseconds,
            P90 = own.Times.Quantile(0.9).TotalMilliseconds,
        },
        LatencyRatio = own.Times.Median / first.Times.Median,
        own.InputsPerSecond,
        MemoryAfterLoadInBytes = own.Memory?.AfterLoadInBytes,
        MemoryAfterLoadRatio = BenchmarkTable.Ratio(own.Memory?.AfterLoadInBytes, first.Memory?.AfterLoadInBytes),
        MemoryAfterRunInBytes = own.Memory?.AfterRunInBytes,
        MemoryAfterRunRatio = BenchmarkTable.Ratio(own.Memory?.AfterRunInBytes, first.Memory?.AfterRunInBytes),
    };

    /// <summary>JSON has no infinity and no "not a number": null stands for both.</summary>
    public static double? Finite(double? value) => value is { } number && double.IsFinite(number) ? number : null;

    private static object Value(ValueInfo value) => new { value.Name, Type = value.Type.ToString(), value.Shape };

    private static object Side(EvaluatedModel model) => new
    {
        File = model.Path,
        model.SizeInBytes,
        model.Accuracy.Top1,
        model.Accuracy.Top5,
        LatencyInMilliseconds = model.Latency.TotalMilliseconds,
        model.MemoryInBytes,
    };
}
