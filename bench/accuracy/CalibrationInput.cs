using Mlorq.Onnx;
using Mlorq.Onnx.Graphs;
using Mlorq.Vision;

namespace Mlorq.Benchmarks.Accuracy;

/// <summary>A model with prepared calibration pictures.</summary>
/// <param name="Model">The original.</param>
/// <param name="Input">Its input.</param>
/// <param name="Preprocessing">How pictures are prepared.</param>
/// <param name="Calibration">Prepared calibration pictures.</param>
internal sealed record CalibrationInput(Model Model, PictureInput Input, Preprocessing Preprocessing, CalibrationSet Calibration)
{
    /// <summary>Reads both.</summary>
    /// <param name="model">The model's file.</param>
    /// <param name="preprocessing">A file that says how pictures are prepared; the model's own way, else that of its input, when null.</param>
    /// <param name="calibration">The folder of pictures.</param>
    /// <param name="samples">How many of them, the first ones.</param>
    /// <param name="threads">Threads to prepare them with.</param>
    public static CalibrationInput Read(string model, string? preprocessing, string calibration, int samples, int threads)
    {
        var original = OnnxReader.Read(model);
        var input = PictureInput.Of(original);
        var prepared = preprocessing is { } file
            ? Preprocessing.Load(file, input.DefaultPreprocessing())
            : PreprocessingMetadata.Find(original) ?? input.DefaultPreprocessing();
        var folder = ImageFolder.Read(calibration);
        var pictures = new PictureSource(folder with { Files = [.. folder.Files.Take(samples)] }, prepared);
        return new CalibrationInput(original, input, prepared, CalibrationPictures.Read(pictures, input, threads));
    }
}
