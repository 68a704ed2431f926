using Mlorq.Onnx;
using Mlorq.TestKit;

namespace Mlorq.Cli.Tests;

/// <summary><c>--pin</c>, <c>--exclude</c> and <c>--bits</c>.</summary>
public sealed class LayerRuleTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public LayerRuleTests() => OnnxWriter.Write(SmallModels.Classifier(), _folder.File("model.onnx"));

    private string Output => _folder.File("out.onnx");

    [Fact]
    public void Layers_are_stored_as_the_rules_say()
    {
        Run("--budget", "14KB", "--bits", "*=4,8,16,32", "--pin", "first=q8", "--exclude", "re:^second$").Succeeds();
        var forms = Layers.ModelInspection.Of(OnnxReader.Read(Output)).Layers.GroupBy(l => l.Name.Split('/')[0]).ToDictionary(g => g.Key, g => g.First().Form);
        Assert.Equal("q8", forms["first"]);
        // What stays as it is keeps the name of its tensor.
        Assert.Equal("fp32", forms["w2"]);
    }

    // One after the other on the line, whatever the option.
    [Theory]
    [InlineData("q4", "--exclude", "second", "--pin", "second=q4")]
    [InlineData("fp32", "--pin", "second=q4", "--exclude", "second")]
    public void The_last_rule_decides(string form, params string[] rules)
    {
        Run(["--budget", "12KB", .. rules]).Succeeds();
        Assert.Equal(form, Layers.ModelInspection.Of(OnnxReader.Read(Output)).Layers.First(l => l.Name == "w2" || l.Name.StartsWith("second", StringComparison.Ordinal)).Form);
    }

    [Theory]
    [InlineData("--pin", "secnod=8", "The rule 'pin secnod=8' matches none of the 3 layers", "The nearest names are 'second'")]
    [InlineData("--exclude", "*/mlp/*", "The rule 'exclude */mlp/*' matches none of the", "mlorq inspect --verbose")]
    [InlineData("--pin", "head", "before an equals sign", "head=8")]
    [InlineData("--bits", "head=5", "'5'", "3,4")]
    public void Rules_that_mean_nothing_are_refused(string option, string value, params string[] words)
    {
        Run("--budget", "2x", option, value).FailsWith(ExitCode.Usage, words);
        Assert.False(File.Exists(Output));
    }

    [Fact]
    public void A_budget_that_rules_make_impossible_says_what_they_cost() =>
        Run("--budget", "6KB", "--exclude", "first").FailsWith(ExitCode.BudgetCannotBeMet, "cannot be met", "linear layers", "Raise the budget to", "'exclude first' needs 0.01");

    public void Dispose() => _folder.Dispose();

    private CommandRun Run(params string[] options) =>
        CommandRun.Of(["compress", _folder.File("model.onnx"), "--calibration", Sample.Calibration, "--samples", "20", "--effort", "fast", "--output", Output, .. options]);
}
