using System.Globalization;
using Mlorq;
using Mlorq.Onnx;
using Mlorq.Quantization;
using SentenceClassifier;

// A classifier of sentences: all-MiniLM-L6-v2 makes a vector of each, and the nearest of the known sentences says where a new one is from. Half of its 91 MB are a table of words.
// Here texts are this repository's documents, and the class of a sentence is the document that it stands in.
var texts = args.Length > 0 ? args[0] : "docs";
var output = args.Length > 1 ? args[1] : "small.onnx";
var options = new CompressionOptions { Budget = Budget.Parse(args.Length > 2 ? args[2] : "8x") };
var isQuick = args is [_, _, _, "quick"];
options = isQuick ? Quick(options) : options.With(Effort.Fast);

var package = PackagedEncoder.Open();
var model = OnnxReader.Parse(package.Model);
var tokens = new Tokens(package.Vocabulary);
var sentences = Sentences.Of(texts);
// Every fourth sentence is new; the others are known, and some of them serve for calibration.
var (known, unseen) = (sentences.Where((_, i) => i % 4 != 3).ToList(), sentences.Where((_, i) => i % 4 == 3).ToList());
var calibration = tokens.CalibrationOf([.. known.Select(s => s.Text)], samples: isQuick ? 16 : 256);

var result = Compressor.Compress(model, calibration, options, new RunSettings());
CompressedFile.Write(result, output, calibration, new RunSettings());

using var before = new Encoder(package.Model, tokens);
using var after = new Encoder(File.ReadAllBytes(output), tokens);
var (original, compressed) = (new NearestSentence(before, known), new NearestSentence(after, known));
var vectors = unseen.ConvertAll(s => (s.Class, Before: before.Embed(s.Text), After: after.Embed(s.Text)));
var right = (Original: vectors.Count(v => original.ClassOf(v.Before) == v.Class), Compressed: vectors.Count(v => compressed.ClassOf(v.After) == v.Class));
var cosine = vectors.Average(v => Encoder.Cosine(v.Before, v.After));
Console.WriteLine(string.Create(
    CultureInfo.InvariantCulture,
    $"{output}: {new FileInfo(output).Length} bytes of {package.Model.Length}; of {unseen.Count} new sentences {right.Compressed} in the right document, with the original {right.Original}; cosine of both embeddings {cosine:F3}"));

// The nearest of 16 values for each weight and no gradients: seconds, for trying the program out.
static CompressionOptions Quick(CompressionOptions options) => options with
{
    Candidates = new CandidateOptions { BitWidths = [BitWidth.Four], Granularities = [Granularity.PerOutputChannel] },
    Allocation = Allocation.Uniform,
    Rounding = RoundingMethod.Nearest,
    Rotation = RotationMethod.None,
    Sensitivity = SensitivityMethod.Measured,
    SensitivitySamples = 4,
    Tuning = new TuningOptions { Method = TuningMethod.None },
};
