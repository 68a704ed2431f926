using System.Globalization;
using Mlorq;
using Mlorq.Onnx;
using Mlorq.Vision;

// A model and a folder of pictures in, a file of an eighth of its size out.
var folder = args.Length > 0 ? args[0] : Path.Combine("samples", "vit-fashion");
var output = args.Length > 1 ? args[1] : "small.onnx";

using var cancelled = new CancellationTokenSource();
Console.CancelKeyPress += (_, key) =>
{
    key.Cancel = true;
    cancelled.Cancel();
};

try
{
    var run = new RunSettings { Cancellation = cancelled.Token };
    var model = OnnxReader.Read(Path.Combine(folder, "model.onnx"));
    var preprocessing = Preprocessing.Load(Path.Combine(folder, "preprocessing.json"));
    var pictures = new PictureSource(ImageFolder.Read(Path.Combine(folder, "calibration")), preprocessing);
    // 64 pictures and little effort, so that it takes seconds. For a file to keep leave out Take and With: 128 pictures or more, and learning that is worth its minutes.
    var calibration = CalibrationPictures.Read(pictures, PictureInput.Of(model), run.Threads).Take(64);
    var options = new CompressionOptions { Budget = Budget.Parse("8x"), Metadata = PreprocessingMetadata.Of(preprocessing) }.With(Effort.Fast);

    var result = Compressor.Compress(model, calibration, options, run);
    CompressedFile.Write(result, output, calibration, run);
    Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"{output}: {result.Plan.SizeInBytes} of {result.OriginalSizeInBytes} bytes, {result.Change.SignalToNoiseInDecibels:F1} dB"));
    return 0;
}
catch (MlorqException e)
{
    // What a user can mend; the message is whole.
    Console.Error.WriteLine(e.Message);
    return 1;
}
catch (OperationCanceledException)
{
    return 130;
}
