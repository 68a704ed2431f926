using Mlorq;
using Mlorq.Onnx;
using Mlorq.Vision;

namespace MyProgram;

internal static class Example
{
    public static void Compress(string modelPath, string pictureFolder, string outputPath)
    {
        var model = OnnxReader.Read(modelPath);
        var input = PictureInput.Of(model);
        var preprocessing = input.DefaultPreprocessing();
        var pictures = new PictureSource(ImageFolder.Read(pictureFolder), preprocessing);
        var calibration = CalibrationPictures.Read(pictures, input, Environment.ProcessorCount);

        var options = new CompressionOptions
        {
            Budget = Budget.Parse("8x"),
            Metadata = PreprocessingMetadata.Of(preprocessing),
        };
        var result = Compressor.Compress(model, calibration, options, new RunSettings());
        CompressedFile.Write(result, outputPath, calibration.Take(options.SensitivitySamples), new RunSettings());

        Console.WriteLine($"{result.Plan.SizeInBytes} of {result.Plan.BudgetInBytes} bytes, "
            + $"{result.Change.SignalToNoiseInDecibels:F1} dB");
        foreach (var choice in result.Plan.Choices) Console.WriteLine($"{choice.Layer.Name}: {choice.Candidate.Candidate}");
    }
}
