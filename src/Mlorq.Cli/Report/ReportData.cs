using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.ML.OnnxRuntime;
using Mlorq.Activations;
using Mlorq.Cli.Display;
using Mlorq.Cli.Inputs;
using Mlorq.IntraLayer;
using Mlorq.Onnx;

namespace Mlorq.Cli.Report;

/// <summary>All numbers of a page. Sizes are bytes, shares 0…1, errors noise-to-signal ratios or decibels; null where something is not known or not finite.</summary>
internal static class ReportData
{
    // What a layer's outputs are compared on.
    private const int OutcomeInputs = 16;
    private const int CurvePoints = 96;

    // The encoder of the default escapes what HTML gives a meaning to: the text may stand in a page.
    private static readonly JsonSerializerOptions Options = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    /// <summary>Measures what is still missing, and puts everything together.</summary>
    public static string Of(FinishedCompression finished, StepProgress progress, RunSettings run)
    {
        var (result, plan) = (finished.Result, finished.Result.Plan);
        progress.Report("Writing the report", 0, 3);
        var outcomes = LayerOutcome.Of(result, finished.Calibration.Take(OutcomeInputs), run);
        progress.Report("Writing the report", 1, 3);
        var spectra = SingularValues.OfLargest(plan, run.Threads, run.Cancellation);
        progress.Report("Writing the report", 2, 3);
        var comparison = Comparison.Of(finished, progress, run);
        var data = new
        {
            Source = Path.GetFileName(finished.SourcePath),
            Output = Path.GetFileName(finished.OutputPath),
            result.OriginalSizeInBytes,
            plan.SizeInBytes,
            plan.BudgetInBytes,
            RestInBytes = plan.SizeInBytes - plan.Choices.Sum(c => c.Candidate.SizeInBytes),
            OriginalRestInBytes = Math.Max(0, result.OriginalSizeInBytes - plan.Choices.Sum(c => ReportLayers.OriginalSizeInBytes(c.Layer))),
            result.ResidentInBytes,
            MeasuredInDecibels = Json.Finite(result.Change.SignalToNoiseInDecibels),
            ExpectedInDecibels = Json.Finite(Format.InDecibels(plan.NoiseToSignal)),
            Cost = Json.Finite(plan.NoiseToSignal),
            Gap = CompressionTable.Gap(plan),
            Runtime = result.Runtime.ToString(),
            Activations = result.Model.Metadata.GetValueOrDefault(StaticActivations.MetadataKey),
            Latency = plan.Latency is { } latency ? new { Predicted = latency.PredictedInNanoseconds / 1e6, Limit = latency.LimitInNanoseconds / 1e6 } : null,
            Steps = result.Steps.Select(s => new { Name = CompressionTable.NameOf(s.Step), Outcome = CompressionTable.Describe(s) }),
            HasPrices = finished.Prices is not null,
            Layers = ReportLayers.Of(plan, outcomes, finished.Prices),
            Kept = KeptPart.Of(result).Select(p => new { p.Name, p.Count, p.SizeInBytes, p.Reason }),
            IsSynthetic = finished.Options.Metadata.ContainsKey(SyntheticInputs.MetadataKey),
            Spectra = spectra.Select(s => Spectrum(s, plan)),
            Comparison = comparison,
            Options = finished.Options.ToLines().Select(l => l.Split(" = ", 2)),
            Facts = Facts(finished, run).Select(f => new[] { f.Name, f.Value }),
            finished.CommandLine,
        };
        var text = JsonSerializer.Serialize(data, Options);
        progress.Report("Writing the report", 3, 3);
        return text;
    }

    private static object Spectrum(SingularValues spectrum, CompressionPlan plan)
    {
        var (values, last) = (spectrum.Values, spectrum.Values.Count - 1);
        var places = Enumerable.Range(0, CurvePoints).Select(i => (int)Math.Round((double)i * last / (CurvePoints - 1))).Distinct();
        var chosen = plan.Choices.First(c => c.Layer.TensorName == spectrum.Layer.TensorName).Candidate.Candidate;
        return new
        {
            spectrum.Layer.Name,
            Shape = new[] { spectrum.Layer.OutFeatures, spectrum.Layer.InFeatures },
            FullRank = values.Count,
            Points = places.Select(k => new[] { k + 1, values[0] > 0 ? Math.Round(values[k] / values[0], 5) : 0 }),
            RankFor90 = spectrum.RankFor(0.9),
            RankFor99 = spectrum.RankFor(0.99),
            Rank = (chosen as Candidate.LowRank)?.Rank,
            Form = chosen.ToString(),
        };
    }

    private static IEnumerable<(string Name, string Value)> Facts(FinishedCompression finished, RunSettings run)
    {
        using var file = File.OpenRead(finished.OutputPath);
        yield return ("Model", finished.SourcePath);
        yield return ("SHA-256 of the model", Convert.ToHexStringLower(OnnxWriter.HashOf(finished.Source)));
        yield return ("Compressed file", finished.OutputPath);
        yield return ("SHA-256 of the file", Convert.ToHexStringLower(SHA256.HashData(file)));
        yield return ("Hash of the plan", finished.Result.Plan.Hash);
        yield return ("Calibration", $"{finished.Calibration.Count} {(finished.Options.Metadata.ContainsKey(SyntheticInputs.MetadataKey) ? "random " : "")}samples{(finished.CalibrationFolder is { } folder ? $" from {folder.Root}" : "")}");
        yield return ("SHA-256 of the calibration inputs", finished.Calibration.Hash());
        yield return ("Mlorq", typeof(Compressor).Assembly.GetName().Version!.ToString(3));
        yield return ("ONNX Runtime", OrtEnv.Instance().GetVersionString());
        yield return ("Machine", $"{Processor.Name}, {RuntimeInformation.OSDescription.Trim()}, {RuntimeInformation.FrameworkDescription}, {run.Threads} threads");
        yield return ("Time, peak memory", $"{Format.Seconds(finished.Time)}, {Format.Megabytes(CompressionTable.PeakMemory())}");
        yield return ("Finished", DateTimeOffset.UtcNow.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture));
    }
}
