using System.Text.Json.Nodes;
using Mlorq.Onnx;
using Mlorq.TestKit;

namespace Mlorq.Cli.Tests;

public sealed class TargetTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Output => _folder.File("out.onnx");

    private string Model => _folder.File("model.onnx");

    private string[] Line => ["compress", Model, "--calibration", Sample.Calibration, "--samples", "16", "--gradient-samples", "8", "--effort", "fast", "--tuning", "none", "--output", Output];

    public TargetTests() => OnnxWriter.Write(SmallModels.Classifier(), Model);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_target_gives_the_smallest_file_that_meets_it_and_says_what_was_tried()
    {
        var run = CommandRun.Of([.. Line, "--target-snr", "25dB", "--log", "json"]).Succeeds();

        var result = JsonNode.Parse(run.Error.Split('\n').Single(l => l.Contains("\"event\":\"result\"", StringComparison.Ordinal)))!["result"]!;
        var trials = result["trials"]!.AsArray().Select(t => (Size: (long)t!["sizeInBytes"]!, Value: (double)t["value"]!, IsMet: (bool)t["isMet"]!)).ToList();
        Assert.Equal(new FileInfo(Output).Length, (long)result["sizeInBytes"]!);
        Assert.Equal(new FileInfo(Output).Length, trials.Where(t => t.IsMet).Min(t => t.Size));
        Assert.All(trials, t => Assert.Equal(t.Value >= 25, t.IsMet));
        Assert.Contains(trials, t => !t.IsMet);
        Assert.Contains("Sizes tried", run.Output, StringComparison.Ordinal);
        Assert.Contains("signal-to-noise in dB", run.Error, StringComparison.Ordinal);
        Assert.Equal([Model, Output], Directory.GetFileSystemEntries(_folder.Path).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_drop_of_accuracy_is_measured_on_labelled_pictures()
    {
        var evaluate = CommandRun.Of("evaluate", Model, "--images", Sample.TestPictures, "--labels", Sample.TestLabels, "--json").Succeeds();
        var original = (double)JsonNode.Parse(evaluate.Output)!["model"]!["top1"]! * 100;

        CommandRun.Of([.. Line, "--target-drop", "3", "--labels", Sample.TestLabels, "--images", Sample.TestPictures]).Succeeds();

        var after = CommandRun.Of("evaluate", Output, "--images", Sample.TestPictures, "--labels", Sample.TestLabels, "--json").Succeeds();
        Assert.True((double)JsonNode.Parse(after.Output)!["model"]!["top1"]! * 100 >= original - 3 - 1e-9);
    }

    [Theory]
    [InlineData("--target-snr is 'loud'", "--target-snr", "loud")]
    [InlineData("at most 100%", "--target-agreement", "120%")]
    [InlineData("Give one target", "--target-agreement", "98%", "--target-snr", "20dB")]
    [InlineData("in place of a budget", "--target-snr", "20dB", "--budget", "4x")]
    [InlineData("--labels FILE.csv", "--target-drop", "1.0")]
    [InlineData("--images is given without --labels", "--target-snr", "20dB", "--images", "pictures")]
    [InlineData("are for targets", "--labels", "labels.csv", "--budget", "4x")]
    [InlineData("--target-agreement 98%")]
    public void What_cannot_be_meant_is_refused(string words, params string[] options) => CommandRun.Of([.. Line, .. options]).FailsWith(ExitCode.Usage, words);

    [Fact]
    public void A_target_that_no_size_meets_is_told() =>
        CommandRun.Of([.. Line, "--target-snr", "500dB"]).FailsWith(ExitCode.BudgetCannotBeMet, "The target cannot be met", "500 or more");
}
