using System.Text.Json;
using Mlorq.Onnx;
using Mlorq.TestKit;

namespace Mlorq.Cli.Tests;

/// <summary>The options for how prices are found, and models that cannot be differentiated.</summary>
public sealed class PricingTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly OldOutput _output = new();

    private string Model => _folder.File("model.onnx");

    [Theory]
    [InlineData("FusedGemm", "com.microsoft", "com.microsoft:FusedGemm")]
    [InlineData("Selu", "", "Selu")]
    public void An_operator_without_a_gradient_is_named_and_the_measured_method_needs_none(string opType, string domain, string name)
    {
        OnnxWriter.Write(SmallModels.WithoutGradient(opType, domain), Model);
        string[] instead = ["--sensitivity measured", "--project NAME"];
        Compress().FailsWith(ExitCode.UnusableModel, ["'odd one'", name + ",", .. instead]);
        _output.IsUntouched();
        Compress("--sensitivity", "measured", "--weighting", "rows").FailsWith(ExitCode.UnusableModel, "'odd one'", "without --weighting rows, tokens or hessian");
        _output.IsUntouched();

        Compress("--sensitivity", "measured").Succeeds();
        Assert.InRange(new FileInfo(_output.Path).Length, 1_000, new FileInfo(Model).Length / 2);
    }

    [Fact]
    public void An_operator_that_the_runtime_does_not_know_is_named_by_both_methods()
    {
        OnnxWriter.Write(SmallModels.WithoutGradient("Strange", "my.domain"), Model);
        Compress().FailsWith(ExitCode.UnusableModel, "'odd one'", "my.domain:Strange");
        Compress("--sensitivity", "measured").FailsWith(ExitCode.UnusableModel, "my.domain:Strange", "ONNX Runtime does not know this operator");
        _output.IsUntouched();
    }

    [Fact]
    public void Tensors_on_both_sides_of_the_operator_can_be_projected_but_not_one_alone()
    {
        OnnxWriter.Write(SmallModels.WithoutGradient("Selu"), Model);
        Compress("--project", "h1").FailsWith(ExitCode.Usage, "w2, w3", "an output");
        _output.IsUntouched();
        Compress("--project", "h1", "--project", "logits").Succeeds();
    }

    [Fact]
    public void Inspect_says_which_tensors_are_projected_or_why_none_is()
    {
        OnnxWriter.Write(SmallModels.Classifier(), Model);
        Assert.Matches("projected tensors +logits", CommandRun.Of("inspect", Model).Succeeds().Output);
        Assert.Equal(("logits", null), Projected(Model));

        OnnxWriter.Write(SmallModels.WithoutGradient("FusedGemm", "com.microsoft"), Model);
        var output = string.Join(' ', CommandRun.Of("inspect", Model).Succeeds().Output.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains("projected tensors none: node 'odd one' has operator com.microsoft:FusedGemm, which has no gradient; compress with --sensitivity measured", output, StringComparison.Ordinal);
        Assert.Equal(("", "node 'odd one' has operator com.microsoft:FusedGemm, which has no gradient"), Projected(Model));

        OnnxWriter.Write(SmallModels.WithoutLayers(), Model);
        Assert.DoesNotContain("projected", CommandRun.Of("inspect", Model).Succeeds().Output, StringComparison.Ordinal);
        Assert.Equal(("", null), Projected(Model));
    }

    [Fact]
    public void A_compressed_file_has_no_projected_tensors()
    {
        OnnxWriter.Write(SmallModels.Classifier(), Model);
        Compress().Succeeds();
        Assert.DoesNotContain("projected", CommandRun.Of("inspect", _output.Path).Succeeds().Output, StringComparison.Ordinal);
        Assert.Equal(("", null), Projected(_output.Path));
    }

    [Theory]
    [InlineData("plain")]
    [InlineData("moments")]
    [InlineData("rows")]
    [InlineData("tokens")]
    [InlineData("hessian")]
    public void Every_weighting_goes_with_both_methods(string weighting)
    {
        OnnxWriter.Write(SmallModels.Classifier(), Model);
        var gradients = Compress("--weighting", weighting, "--gradient-samples", "8", "--projections", "2", "--seed", "0").Succeeds();
        Assert.Contains("Pricing candidates", gradients.Error, StringComparison.Ordinal);
        Assert.Equal(weighting is "rows" or "tokens" or "hessian", gradients.Error.Contains("Weighing rows", StringComparison.Ordinal));
        Compress("--weighting", weighting, "--sensitivity", "measured").Succeeds();
    }

    [Fact]
    public void Samples_projections_and_seed_change_the_prices_and_memory_that_suffices_does_not()
    {
        OnnxWriter.Write(SmallModels.Classifier(), Model);
        var prices = Prices();
        Assert.Equal(prices, Prices("--memory", "64MB"));
        Assert.Equal(prices, Prices("--memory", "1.5GiB", "--sensitivity", "gradients", "--weighting", "tokens", "--seed", "1", "--project", "logits"));
        Assert.Contains("note: By estimate the process takes 400.", Compress("--memory", "64MB").Succeeds().Error, StringComparison.Ordinal);
        Assert.DoesNotContain("By estimate", Compress("--memory", "1.5GiB").Succeeds().Error, StringComparison.Ordinal);
        Assert.NotEqual(prices, Prices("--gradient-samples", "5"));
        Assert.NotEqual(prices, Prices("--projections", "3"));
        Assert.NotEqual(prices, Prices("--seed", "2"));
        Assert.NotEqual(prices, Prices("--project", "a1", "--project", "logits"));
    }

    public void Dispose()
    {
        _folder.Dispose();
        _output.Dispose();
    }

    private static (string Tensors, string? Obstacle) Projected(string path)
    {
        using var json = JsonDocument.Parse(CommandRun.Of("inspect", path, "--json").Succeeds().Output);
        var root = json.RootElement;
        return (string.Join(" ", root.GetProperty("projectedTensors").EnumerateArray().Select(t => t.GetString())), root.GetProperty("whyNotDifferentiable").GetString());
    }

    // The table of layers, with price and standard error of each; times and sizes of the process come later.
    private string Prices(params string[] options)
    {
        var output = Compress([.. options, "--verbose"]).Succeeds().Output;
        Assert.Contains("standard", output, StringComparison.Ordinal);
        // A layer's price and its standard error.
        Assert.Matches("first .* [0-9.]+E[+-][0-9]+ +[0-9.]+E[+-][0-9]+ *\n", output);
        return output[..output.IndexOf("budget", StringComparison.Ordinal)];
    }

    private CommandRun Compress(params string[] options) =>
        CommandRun.Of(["compress", Model, "--calibration", Sample.Calibration, "--samples", "12", "--budget", "3x", "--output", _output.Path, .. options]);
}
