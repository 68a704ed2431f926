using System.Globalization;
using Mlorq.InterLayer;
using Mlorq.Onnx;
using Mlorq.Onnx.Execution;
using Mlorq.Onnx.Gradients;
using Mlorq.Onnx.Graphs;
using Mlorq.Rewriting;

namespace Mlorq;

/// <summary>Writes a compressed model and makes sure that the file is what was promised.</summary>
public static class CompressedFile
{
    // Packed kernels and dequantized weights differ by the order of sums only, which is 110 dB and more on the models of the tests.
    private const double LeastAgreementInDecibels = 80;

    // Outputs in half precision are rounded on both sides: where the values before lie at both sides of a border, by a step apart.
    private const double LeastAgreementOfHalvesInDecibels = 60;

    // Rounded activations drift apart from layer to layer (see ShadowProducts), at most as far as two independent roundings: 3 dB below the ratio of the
    // signal to what rounding changes. On DeiT-Tiny the outputs agree to 23 to 26 dB, 0.5 dB below to 3 dB above that ratio; on smaller models 6 to 90 dB above.
    private const double AllowedDriftInDecibels = 6;

    /// <summary>
    /// Writes the file, loads it in ONNX Runtime, compares its outputs on calibration inputs with Mlorq's own arithmetic and its size with
    /// the plan's; for <see cref="RuntimeProfile.Speed"/> the outputs of every layer as well, and those alone where a model chooses what it puts out, as detectors do. A mismatch is an error and leaves no new file; the old one, if any, stays whole.
    /// The state of the run, if it was kept, is deleted when the file is complete.
    /// </summary>
    /// <exception cref="OutputException">The file cannot be written.</exception>
    /// <exception cref="VerificationException">The file is not what was promised.</exception>
    public static void Write(CompressionResult result, string path, CalibrationSet calibration, RunSettings run)
    {
        OnnxWriter.Write(result.Model, path, temporary => Check(result, temporary, calibration, run));
        run.Checkpoint?.Delete();
    }

    private static void Check(CompressionResult result, string path, CalibrationSet calibration, RunSettings run)
    {
        var size = new FileInfo(path).Length;
        if (size != result.Plan.SizeInBytes) throw new VerificationException($"The file has {size} bytes, but its plan predicted {result.Plan.SizeInBytes}. Please report this as a defect.");
        var choosesOutputs = ChoosesOutputs(result);
        CheckLayers(result, path, withProducts: result.Runtime == RuntimeProfile.Speed || choosesOutputs, calibration, run);
        if (result.Runtime == RuntimeProfile.Speed && choosesOutputs)
        {
            // Of two detections with nearly the same score either may come first, so the layers that were just compared have to do; but the file has to run.
            using var whole = ModelRunner.LoadFile(path);
            whole.Run(calibration.Batches[0]);
            run.Report(CompressionStep.Check, 1, 1);
            return;
        }

        using var expected = ModelRunner.Load(result.Simulated);
        using var actual = ModelRunner.LoadFile(path);
        var least = result.Canonical.Graph.Outputs.Any(o => o.Type == ElementType.Float16) ? LeastAgreementOfHalvesInDecibels : LeastAgreementInDecibels;
        if (result.Runtime == RuntimeProfile.Speed || result.Activations.Count > 0) least = Math.Min(least, LeastAgreementOfRounded(result, expected, calibration, run));
        Ensure(OutputComparison.Between(result.Canonical, expected, actual, calibration, run), least, "");
        run.Report(CompressionStep.Check, 1, 1);
    }

    private static bool ChoosesOutputs(CompressionResult result)
    {
        var graph = result.Canonical.Graph;
        try
        {
            return ProjectedTensors.Default(result.Canonical, [.. result.Layers.SelectMany(l => SimulatedWeights.NamesOf(l.Layer))]).Any(t => !IsPutOut(t));
        }
        catch (MlorqException e) when (e is MissingGradientRuleException or InvalidModelException)
        {
            return false;
        }

        // As it is, or in half precision.
        bool IsPutOut(string tensor) => graph.IsOutput(tensor) || graph.Readers(tensor).Any(r => r.Is("Cast") && graph.IsOutput(r.Outputs[0]));
    }

    private static void CheckLayers(CompressionResult result, string path, bool withProducts, CalibrationSet calibration, RunSettings run)
    {
        var model = OnnxReader.Read(path);
        var changes = StoredValues.Compare(model, result.Canonical, result.Layers, calibration.Batches[0]);
        if (withProducts) changes = changes.Concat(ShadowProducts.Compare(model, result.Layers, calibration, result.Runtime, run));
        foreach (var (layer, change) in changes) Ensure(change, LeastAgreementInDecibels, $" in '{layer}'");
    }

    private static double LeastAgreementOfRounded(CompressionResult result, ModelRunner expected, CalibrationSet calibration, RunSettings run)
    {
        using var unrounded = ModelRunner.Load(SimulatedWeights.Of(result.Canonical, result.Layers));
        var rounding = OutputComparison.Between(result.Canonical, expected, unrounded, calibration, run);
        return rounding.SignalToNoiseInDecibels - AllowedDriftInDecibels;
    }

    private static void Ensure(OutputChange change, double least, string where)
    {
        if (change.Noise == 0 || change.SignalToNoiseInDecibels >= least) return;
        throw new VerificationException(string.Create(
            CultureInfo.InvariantCulture,
            $"ONNX Runtime computes something else from the file than was planned{where}: {change.SignalToNoiseInDecibels:F1} dB instead of {least:F1} dB or more. No file was written. Please report this as a defect, with the model if you can."));
    }
}

/// <summary>A written file does not compute what was planned, or has another size.</summary>
public sealed class VerificationException : MlorqException
{
    /// <summary>Creates the exception with a whole message for the user.</summary>
    public VerificationException(string message)
        : base(message)
    {
    }
}
