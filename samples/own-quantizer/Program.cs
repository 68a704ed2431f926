using System.Globalization;
using Mlorq;
using Mlorq.Activations;
using Mlorq.Onnx;
using Mlorq.Quantization;
using Mlorq.Rounding;
using Mlorq.Vision;
using OwnQuantizer;

// Compresses the small vision transformer of the repository twice, to a sixth of its size and with activations of 6 bits: with parts that come with Mlorq,
// and with the two of this project in their place.
var folder = args.Length > 0 ? args[0] : Path.Combine("samples", "vit-fashion");
var model = OnnxReader.Read(Path.Combine(folder, "model.onnx"));
var preprocessing = Preprocessing.Load(Path.Combine(folder, "preprocessing.json"));
var calibration = CalibrationPictures.Read(new PictureSource(ImageFolder.Read(Path.Combine(folder, "calibration")), preprocessing), PictureInput.Of(model), threads: 2).Take(64);

Print("nearest levels, least squared error", null, new SquaredErrorQuantizer());
Print("alternating, scales that are powers of two", new AlternatingRounding(rounds: 10), new PowerOfTwoQuantizer(new SquaredErrorQuantizer()));

void Print(string what, IWeightRounding? rounding, IActivationQuantizer quantizer)
{
    var options = new CompressionOptions
    {
        Budget = Budget.Parse("6x"),
        Rounding = RoundingMethod.Nearest,
        OwnRounding = rounding,
        // Few candidates, so that it takes seconds.
        Candidates = new CandidateOptions { BitWidths = [BitWidth.Two, BitWidth.Four, BitWidth.Eight], FactorBitWidths = [] },
        Activations = new ActivationOptions { SimulatedBits = 6, Quantizers = new ActivationQuantizers(quantizer, quantizer) },
        Tuning = new TuningOptions { Method = TuningMethod.None },
    };
    var result = Compressor.Compress(model, calibration, options, new RunSettings());
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what}: {result.Plan.SizeInBytes} bytes, {result.Change.SignalToNoiseInDecibels:F1} dB"));
}
