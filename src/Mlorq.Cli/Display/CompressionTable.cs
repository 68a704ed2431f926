using Mlorq.Activations;
using Mlorq.InterLayer;
using Mlorq.IntraLayer;
using Mlorq.Layers;
using Mlorq.Vision;
using Spectre.Console;

namespace Mlorq.Cli.Display;

/// <summary>What a compression did, as a table.</summary>
internal static class CompressionTable
{
    public static void Write(IAnsiConsole console, CompressionResult result, string output, TimeSpan time, bool verbose, string? report = null)
    {
        var plan = result.Plan;
        var ratio = Format.Times((double)result.OriginalSizeInBytes / plan.SizeInBytes);
        var (measured, expected) = (Format.Decibels(result.Change.SignalToNoiseInDecibels), Format.NoiseAsDecibels(plan.NoiseToSignal));
        if (verbose) WriteLayers(console, plan);
        var table = Tables.Create("", "", "").NumbersFrom(2)
            .Row("output", output)
            .Row("size", $"{Format.Megabytes(result.OriginalSizeInBytes)} -> {Format.Megabytes(plan.SizeInBytes)} ({ratio} smaller)")
            .Row("budget", $"{Format.Bytes(plan.SizeInBytes)} of {Format.Bytes(plan.BudgetInBytes)} bytes used");
        table.Row("weights in memory", Format.Megabytes(result.ResidentInBytes) + " when ONNX Runtime has loaded the file, as predicted");
        if (plan.Latency is { } latency)
            table.Row("latency", $"{Milliseconds(latency.PredictedInNanoseconds)} predicted, {Milliseconds(latency.LimitInNanoseconds)} allowed; kernel times {latency.TableHash}");
        foreach (var (kind, layers) in Kinds(plan)) table.Row(kind, layers);
        if (result.Model.Metadata.TryGetValue(StaticActivations.MetadataKey, out var activations)) table.Row("activations", activations);
        foreach (var step in result.Steps) table.Row(NameOf(step.Step), Describe(step));
        table
            .Row("signal-to-noise of the outputs", $"{measured} measured on calibration inputs; {expected} expected by the plan")
            .Row("optimality gap of the plan", Gap(plan))
            .Row("time, peak memory", $"{Format.Seconds(time)}, {Format.Megabytes(PeakMemory())}");
        if (report is not null) table.Row("report", report);
        console.Write(table);
        if (PreprocessingMetadata.Find(result.Model) is { } preprocessing) console.WriteLine($"Preprocessing: {preprocessing.ToJson()} (stored in the model)");
    }

    public static void WriteLayers(IAnsiConsole console, CompressionPlan plan)
    {
        var table = Tables.Create("Layers", "layer", "shape", "stored as", "bytes", "noise-to-signal", "± standard error").NumbersFrom(3);
        foreach (var choice in plan.Choices)
        {
            var (stored, noise) = (choice.Candidate.Candidate.ToString(), Format.Text($"{choice.NoiseToSignal:E1}"));
            var error = choice.StandardError > 0 ? Format.Text($"{choice.StandardError:E1}") : "";
            table.Row(choice.Layer.Name, Format.Shape(choice.Layer.Shape), stored, Format.Bytes(choice.Candidate.SizeInBytes), noise, error);
        }

        console.Write(table);
    }

    public static string Gap(CompressionPlan plan) => plan.OptimalityGap switch
    {
        double.NaN => "not known: the plan was given",
        0 => "0: no better plan exists at these prices",
        var gap => Format.Text($"{gap:E1} of noise-to-signal at most"),
    };

    internal static string NameOf(CompressionStep step) => step switch
    {
        CompressionStep.Sweep => "sequential rounding",
        CompressionStep.Reconstruct => "reconstruction",
        CompressionStep.Tune => "tuning",
        _ => step.ToString(),
    };

    internal static string Describe(StepOutcome step)
    {
        if (step.Obstacle is { } obstacle) return $"not tried: {obstacle}";
        var (with, without) = (Format.Decibels(step.With.SignalToNoiseInDecibels), Format.Decibels(step.Without.SignalToNoiseInDecibels));
        return $"{(step.IsKept ? "taken" : "not taken")}: {with} on {step.HeldOutInputs} held-out inputs, {without} without";
    }

    public static IEnumerable<(string Kind, string Layers)> Kinds(CompressionPlan plan)
    {
        var (linear, others) = (plan.Choices.Where(c => c.Layer is LinearLayer), plan.Choices.Where(c => c.Layer is not LinearLayer));
        yield return ("linear layers", Counted(linear));
        if (others.Any()) yield return ("tables and other constants", Counted(others));
    }

    private static string Counted(IEnumerable<Choice> choices) => string.Join(", ", choices
        .GroupBy(c => Kind(c.Candidate.Candidate))
        .OrderBy(g => g.Key, StringComparer.Ordinal)
        .Select(g => $"{g.Count()} x {g.Key}"));

    internal static string Kind(Candidate candidate) => candidate switch
    {
        Candidate.Dense dense => $"{dense.Format.BitWidth.Bits} bits",
        Candidate.MixedRows mixed => $"{mixed.Low.BitWidth.Bits} and {mixed.High.BitWidth.Bits} bits",
        Candidate.LowRank => "low rank",
        Candidate.Rows8 => "8-bit rows",
        _ => candidate.ToString(),
    };

    public static long PeakMemory()
    {
        using var process = System.Diagnostics.Process.GetCurrentProcess();
        return process.PeakWorkingSet64;
    }

    private static string Milliseconds(long nanoseconds) => Format.Milliseconds(TimeSpan.FromMicroseconds(nanoseconds / 1e3));
}
