using Mlorq.Onnx;
using Mlorq.TestKit;
using Mlorq.Vision;

namespace Mlorq.Cli.Tests;

public sealed class SmallCompressionTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public SmallCompressionTests() => OnnxWriter.Write(SmallModels.Classifier(), Model);

    private string Model => _folder.File("model.onnx");

    [Fact]
    public void Two_runs_and_any_number_of_threads_write_the_same_bytes()
    {
        var first = Compress("a.onnx", Sample.Calibration, "--threads", "1");
        Assert.Equal(first, Compress("b.onnx", Sample.Calibration, "--threads", "1"));
        Assert.Equal(first, Compress("c.onnx", Sample.Calibration, "--threads", "2"));
        Assert.Equal(first, Compress("c.onnx", Sample.Calibration, "--threads", "5"));
    }

    [Fact]
    public void An_array_gives_the_same_file_as_pictures_with_the_same_values()
    {
        var preprocessing = Preprocessing.ForInput(8, 8, 1);
        File.WriteAllText(_folder.File("p.json"), preprocessing.ToJson());
        var images = ImageFolder.Read(Sample.Calibration);
        var first = images with { Files = [.. images.Files.Take(20)] };
        var values = new PictureSource(first, preprocessing).Read(1, TestContext.Current.CancellationToken).SelectMany(v => v).ToArray();
        NpyFile.Write(_folder.File("x.npy"), values, 20, 1, 8, 8);
        Assert.Equal(
            Compress("a.onnx", Sample.Calibration, "--preprocessing", _folder.File("p.json")),
            Compress("b.onnx", _folder.File("x.npy"), "--preprocessing", _folder.File("p.json")));
    }

    [Fact]
    public void The_options_for_pictures_are_stored_in_the_file()
    {
        Compress("a.onnx", Sample.Calibration, "--resize", "10", "--crop", "8", "--interpolation", "bilinear", "--mean", "0.25", "--std", "0.5");
        Assert.Equal(
            Preprocessing.ForInput(8, 8, 1) with { Resize = new ResizeRule.ShorterSide(10), Crop = PictureSize.Square(8), Interpolation = Interpolation.Bilinear, Mean = [0.25f], Std = [0.5f] },
            PreprocessingMetadata.Find(OnnxReader.Read(_folder.File("a.onnx"))));
    }

    [Fact]
    public void Another_rounding_and_average_bits_give_another_file()
    {
        Assert.NotEqual(Compress("a.onnx", Sample.Calibration), Compress("b.onnx", Sample.Calibration, "--rounding", "nearest"));
        var run = CommandRun.Of("compress", Model, "--calibration", Sample.Calibration, "--samples", "20", "--average-bits", "16", "-o", _folder.File("c.onnx")).Succeeds();
        Assert.Contains("linear layers", run.Output, StringComparison.Ordinal);
        Assert.InRange(new FileInfo(_folder.File("c.onnx")).Length, 5_000, 2 * ((64 + 32) * 48 + 48 + (32 * 10)));
    }

    [Theory]
    [InlineData("weights", 20)]
    [InlineData("partial", 20)]
    [InlineData("ridge", 1)]
    public void A_sweep_says_whether_it_was_taken_and_none_is_made_without_being_asked_for(string target, int samples)
    {
        string[] line = ["compress", Model, "--calibration", Sample.Calibration, "--samples", $"{samples}", "--budget", "2x", "-o", _folder.File("a.onnx")];
        Assert.DoesNotContain("sequential rounding", CommandRun.Of([.. line, "--sequential", "none"]).Succeeds().Output, StringComparison.Ordinal);

        var run = CommandRun.Of([.. line, "--sequential", target]).Succeeds();

        var expected = samples == 1 ? "sequential rounding +not tried" : "sequential rounding +(taken|not taken): .* dB on 4 held-out inputs";
        Assert.Matches(expected, run.Output);
        Assert.Equal(samples > 1, run.Error.Contains("Rounding on compressed inputs: ", StringComparison.Ordinal));
    }

    // The sample's weights get many bits, at which compensated rounding may be the best there is: the bytes need not differ.
    [Fact]
    public void Adaptive_rounding_takes_its_steps_and_rate() =>
        Assert.NotEmpty(Compress("a.onnx", Sample.Calibration, "--rounding", "adaptive", "--rounding-iterations", "50", "--rounding-rate", "0.1"));

    [Fact]
    public void A_model_of_a_fixed_batch_takes_whole_batches()
    {
        OnnxWriter.Write(SmallModels.Classifier(batch: 3), Model);
        Compress("a.onnx", Sample.Calibration);
        NpyFile.Write(_folder.File("x.npy"), Enumerable.Range(0, 20 * 64).Select(i => (float)Math.Sin(i)).ToArray(), 20, 1, 8, 8);
        Compress("b.onnx", _folder.File("x.npy"));
    }

    [Fact]
    public void Several_inputs_take_an_array_each()
    {
        OnnxWriter.Write(SmallModels.TwoInputs(), Model);
        NpyFile.Write(_folder.File("x.npy"), Enumerable.Range(0, 20 * 64).Select(i => (float)Math.Sin(i)).ToArray(), 20, 64);
        CommandRun.Of(
            "compress", Model, "--calibration", $"left={_folder.File("x.npy")}", "--calibration", $"right={_folder.File("x.npy")}", "--budget", "8KB", "--output", _folder.File("a.onnx")).Succeeds();
    }

    [Fact]
    public void Progress_goes_to_the_error_stream_and_the_table_to_the_output()
    {
        var run = CommandRun.Of("compress", Model, "--calibration", Sample.Calibration, "--samples", "20", "--budget", "2x", "-o", _folder.File("a.onnx"), "--verbose").Succeeds();
        Assert.Contains("Reading pictures: 20 of 20", run.Error, StringComparison.Ordinal);
        Assert.Contains("Trying candidates", run.Error, StringComparison.Ordinal);
        Assert.Contains("20 calibration samples are few", run.Error, StringComparison.Ordinal);
        Assert.Contains("signal-to-noise of the outputs", run.Output, StringComparison.Ordinal);
        Assert.Contains("second", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("\u001b", run.Output + run.Error, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private byte[] Compress(string output, string calibration, params string[] options)
    {
        CommandRun.Of(["compress", Model, "--calibration", calibration, "--samples", "20", "--budget", "2x", "--output", _folder.File(output), .. options]).Succeeds();
        return File.ReadAllBytes(_folder.File(output));
    }
}
