using Mlorq.Layers;
using Mlorq.Onnx;
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
        var source = OnnxReader.Read(options.Model);
        var input = PictureInput.Of(source);
        var preprocessing = options.Preprocessing is { } file
            ? Preprocessing.Load(file, input.DefaultPreprocessing())
            : PreprocessingMetadata.Find(source) ?? input.DefaultPreprocessing();
        var folder = ImageFolder.Read(options.Calibration);
        var pictures = new PictureSource(folder with { Files = [.. folder.Files.Take(options.Samples)] }, preprocessing);
        var calibration = CalibrationPictures.Read(pictures, input, options.Threads);
        calibration.EnsureFits(source);
        var model = Canonicalize.Apply(source);
        return new Workload(model, LayerFinder.Find(model), preprocessing, calibration);
    }
}
