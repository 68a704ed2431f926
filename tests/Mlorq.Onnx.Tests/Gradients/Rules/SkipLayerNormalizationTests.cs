using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Tests.Gradients.Rules;

public class SkipLayerNormalizationTests
{
    [Theory]
    [InlineData("input,skip,gamma,beta,bias")]
    [InlineData("input,skip,gamma,beta")]
    [InlineData("input,skip,gamma,,bias")]
    [InlineData("input,skip,gamma")]
    public void Gradients_of_all_inputs(string inputs)
    {
        GradientCheck.Agrees(Of(inputs, "y", "y"));
        GradientCheck.Agrees(Of(inputs, "y,,,sum", "y", "sum"));
        GradientCheck.Agrees(Of(inputs, "y,,,sum", "sum"), by: ["input", "skip"]);
    }

    [Fact]
    public void One_skip_for_all_samples() => GradientCheck.Agrees(Of("input,skip,gamma,beta", "y", ["y"], "1 3 8"));

    private static Model Of(string inputs, string outputs, params string[] kept) => Of(inputs, outputs, kept, "2 3 8");

    private static Model Of(string inputs, string outputs, string[] kept, string skip)
    {
        var builder = new GraphBuilder();
        foreach (var name in inputs.Split(',').Where(n => n.Length > 0))
        {
            builder.Input(name, Shapes.Of(name switch { "input" => "2 3 8", "skip" => skip, _ => "8" }));
        }

        foreach (var output in kept) builder.Output(output);
        var editor = builder
            .Add(new Node("SkipLayerNormalization", "node", inputs.Split(','), outputs.Split(','), [NodeAttribute.Float("epsilon", 0.01f)], "com.microsoft"))
            .Build(18)
            .Edit();
        editor.ImportOpset("com.microsoft", 1);
        return editor.ToModel();
    }
}
