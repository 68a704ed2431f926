using System.Globalization;
using System.Text.RegularExpressions;
using Mlorq.Onnx;
using Mlorq.Onnx.Execution;
using Mlorq.TestKit;

namespace Mlorq.Vision.Tests.Samples;

/// <summary>The sample projects that write a file: what they print is what the file is, in ONNX Runtime.</summary>
public sealed partial class SampleTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task A_model_is_compressed()
    {
        var output = _folder.File("small.onnx");
        var line = Assert.Single(await SampleProgram.Run("CompressAModel", output));
        AssertIsPrinted(output, line, budget: Original / 8);
        Assert.True(OnnxReader.Read(output).Metadata.ContainsKey("mlorq.preprocessing"));
    }

    [Fact]
    public async Task Calibration_inputs_may_be_ones_own()
    {
        var output = _folder.File("small.onnx");
        var line = Assert.Single(await SampleProgram.Run("OwnCalibration", output));
        Assert.Contains("by 60 samples", line, StringComparison.Ordinal);
        AssertIsPrinted(output, line, budget: Original / 8);
    }

    [Fact]
    public async Task A_plan_is_saved_edited_and_carried_out()
    {
        var lines = await SampleProgram.Run("SavedPlan", _folder.Path);
        Assert.Equal(["planned", "edited", "written"], lines.Select(l => l.Split(':')[0]));
        Assert.EndsWith("/fc2 q4", lines[2], StringComparison.Ordinal);
        Assert.False(lines[0].EndsWith("/fc2 q4", StringComparison.Ordinal), "the edit changes nothing");
        AssertIsPrinted(_folder.File("planned.onnx"), lines[2], budget: (Original / 10) + 12_000);
        Assert.Equal(["model.analysis", "plan.json", "planned.onnx"], Directory.GetFileSystemEntries(_folder.Path).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Sentences_are_classified_by_a_text_encoder_of_a_seventh_of_its_size()
    {
        var output = _folder.File("small.onnx");
        var line = Assert.Single(await SampleProgram.RunIn("docs", "SentenceClassifier", output, "7.5x", "quick"));
        var match = Sentences().Match(line);
        Assert.True(match.Success, line);
        Assert.Equal(new FileInfo(output).Length, Number("bytes"));
        Assert.InRange(Number("bytes"), Number("before") * 0.9 / 7.5, Number("before") / 7.5);
        Assert.InRange(Number("compressed"), Number("original") * 0.8, Number("sentences"));
        Assert.InRange(double.Parse(match.Groups["cosine"].Value, CultureInfo.InvariantCulture), 0.95, 0.999);

        long Number(string name) => long.Parse(match.Groups[name].Value, CultureInfo.InvariantCulture);
    }

    public void Dispose() => _folder.Dispose();

    private static long Original { get; } = new FileInfo(TestFiles.Repository("samples/vit-fashion/model.onnx")).Length;

    // The size to the byte; and pictures that the sample has not seen, at about the ratio of signal to noise that it prints.
    private static void AssertIsPrinted(string output, string line, long budget)
    {
        var match = Result().Match(line);
        Assert.True(match.Success, line);
        Assert.Equal(new FileInfo(output).Length, long.Parse(match.Groups["bytes"].Value, CultureInfo.InvariantCulture));
        Assert.InRange(new FileInfo(output).Length, budget * 9 / 10, budget);

        var preprocessing = Preprocessing.Load(TestFiles.Repository("samples/vit-fashion/preprocessing.json"));
        var pictures = new PictureSource(ImageFolder.Read(TestFiles.Repository("samples/vit-fashion/test")), preprocessing);
        using var original = ModelRunner.LoadFile(TestFiles.Repository("samples/vit-fashion/model.onnx"));
        using var compressed = ModelRunner.LoadFile(output);
        var inputs = CalibrationPictures.Read(pictures, PictureInput.Of(OnnxReader.Read(output)), threads: 1).Take(128);
        float[] Outputs(ModelRunner model) => [.. inputs.Batches.SelectMany(batch => model.Run(batch)[0].Floats.ToArray())];
        var decibels = double.Parse(match.Groups["decibels"].Value, CultureInfo.InvariantCulture);
        Assert.InRange(SignalToNoise.InDecibels(Outputs(original), Outputs(compressed)), Math.Max(15, decibels - 6), decibels + 6);
    }

    [GeneratedRegex(@": (?<bytes>\d+) .*?(?<decibels>[\d.]+) dB")]
    private static partial Regex Result();

    [GeneratedRegex(@": (?<bytes>\d+) bytes of (?<before>\d+); of (?<sentences>\d+) new sentences (?<compressed>\d+) in the right document, with the original (?<original>\d+); cosine of both embeddings (?<cosine>[\d.]+)")]
    private static partial Regex Sentences();
}
