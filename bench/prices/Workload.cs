using Mlorq.Benchmarks.Accuracy;
using Mlorq.Layers;
using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Passes;
using Mlorq.Vision;

namespace Mlorq.Benchmarks.Prices;

/// <summary>The model and the pictures.</summary>
/// <param name="Model">The model in canonical form.</param>
/// <param name="Layers">Its layers.</param>
/// <param name="Preprocessing">How pictures are prepared.</param>
/// <param name="Calibration">Prepared calibration pictures.</param>
internal sealed record Workload(Model Model, FoundLayers Layers, Preprocessing Preprocessing, CalibrationSet Calibration)
{
    /// <summary>Reads everything.</summary>
    public static Workload Read(BenchmarkOptions options)
    {
        var (source, _, preprocessing, calibration) = CalibrationInput.Read(options.Model, options.Preprocessing, options.Calibration, options.Samples, options.Threads);
        calibration.EnsureFits(source);
        var model = Canonicalize.Apply(source);
        return new Workload(model, LayerFinder.Find(model), preprocessing, calibration);
    }
}
