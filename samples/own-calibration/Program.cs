using System.Globalization;
using Mlorq;
using Mlorq.Onnx;
using Mlorq.Onnx.Graphs;
using Mlorq.Vision;

// Calibration inputs that the program makes itself, in place of a folder that Mlorq reads: a list says which pictures, six of each class, and what the model sees of them
// is computed here. Records of a database or tokens of texts go the same way: an array for each input of the model, the samples along its first axis.
const float Mean = 0.2860f;
const float Deviation = 0.3530f;
const int EachClass = 6;

var folder = args.Length > 0 ? args[0] : Path.Combine("samples", "vit-fashion");
var output = args.Length > 1 ? args[1] : "small.onnx";
var model = OnnxReader.Read(Path.Combine(folder, "model.onnx"));

// Labels only choose the pictures; the compression does not see them.
var chosen = LabelFile.Read(Path.Combine(folder, "calibration.csv")).Lines.GroupBy(line => line.Label).OrderBy(g => g.Key).SelectMany(g => g.Take(EachClass)).ToList();
float[] values = [.. chosen.SelectMany(line => PictureDecoder.Decode(Path.Combine(folder, "calibration", line.File)).ToGrey().Pixels).Select(pixel => ((pixel / 255f) - Mean) / Deviation)];

// The names, types and shapes are those of the model's inputs; what does not fit is refused before any work.
var calibration = CalibrationSet.Of(new Dictionary<string, Tensor> { ["input"] = Tensor.Of(values, chosen.Count, 1, 28, 28) }, batchSize: 16);

// Little effort, so that it takes seconds.
var options = new CompressionOptions { Budget = Budget.Parse("8x") }.With(Effort.Fast);
var result = Compressor.Compress(model, calibration, options, new RunSettings());
CompressedFile.Write(result, output, calibration, new RunSettings());
Console.WriteLine(string.Create(
    CultureInfo.InvariantCulture,
    $"{output}: {result.Plan.SizeInBytes} bytes by {calibration.Count} samples, {result.Change.SignalToNoiseInDecibels:F1} dB"));
