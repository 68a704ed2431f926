using Mlorq.Onnx.Execution;
using Mlorq.Onnx.Gradients;
using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Tests.Gradients.Rules;

public class MaxPoolTests
{
    [Theory]
    [InlineData("1 1 4 4", "kernel_shape 2 2;strides 2 2")]
    [InlineData("2 3 6 5", "kernel_shape 3 3;strides 1 1;pads 1 1 1 1")] // Elements that win several windows.
    [InlineData("2 2 7 8", "kernel_shape 3 2;strides 2 2;pads 1 0 0 1;dilations 2 1")]
    [InlineData("2 2 7 7", "kernel_shape 3 3;strides 2 2;ceil_mode 1")]
    [InlineData("2 2 6 6", "kernel_shape 3 3;strides 2 2;ceil_mode 1;storage_order 1")]
    [InlineData("2 3 7", "kernel_shape 3;strides 2")]
    [InlineData("2 2 4 5 4", "kernel_shape 2 3 2;strides 2 1 2")]
    public void Gradient_agrees_with_and_without_the_output_of_indices(string x, string attributes)
    {
        foreach (var type in new[] { ElementType.Float, ElementType.Double })
        {
            foreach (var outputs in new[] { "y", "y,indices" })
            {
                var model = Pool(type, x, outputs, Attributes.Of(attributes));
                GradientCheck.Agrees(model, Inputs(model, type));
            }
        }
    }

    [Theory]
    [InlineData("SAME_UPPER")]
    [InlineData("SAME_LOWER")]
    [InlineData("VALID")]
    public void Gradient_agrees_with_automatic_padding(string padding)
    {
        var model = Pool(ElementType.Double, "2 2 6 7", "y", [.. Attributes.Of("kernel_shape 3 3;strides 2 2"), NodeAttribute.Text("auto_pad", padding)]);
        GradientCheck.Agrees(model, Inputs(model, ElementType.Double));
    }

    [Theory]
    [InlineData("MaxPool", "kernel_shape 1 3")]
    [InlineData("GlobalMaxPool", "")]
    public void Of_equal_elements_the_first_gets_the_gradient(string operation, string attributes)
    {
        var model = new GraphBuilder().Input("x", 1, 1, 1, 3).Node(operation, "x", "y", Attributes.Of(attributes)).Output("y").Build(18);
        var inputs = new Dictionary<string, Tensor> { ["x"] = Tensor.Of([1f, 2f, 2f], 1, 1, 1, 3) };
        var backward = BackwardGraph.Build(model, ["x"], ["y"], inputs);
        inputs[backward.Projections["y"]] = Tensor.Of([5f], 1);
        using var runner = ModelRunner.Load(backward.Model);
        Assert.Equal([0f, 5f, 0f], runner.Run(inputs, [backward.Gradients["x"]])[0].Floats.ToArray());
    }

    [Theory]
    [InlineData("2 3 4 5")]
    [InlineData("1 2 6")]
    [InlineData("2 2 3 2 3")]
    public void Gradient_of_the_global_maximum_agrees(string x)
    {
        var model = new GraphBuilder().Input("x", Shapes.Of(x)).Node("GlobalMaxPool", "x", "y").Output("y").Build(18);
        GradientCheck.Agrees(model, Inputs(model, ElementType.Float));
    }

    private static Model Pool(ElementType type, string x, string outputs, NodeAttribute[] attributes) => new GraphBuilder()
        .Input("x", type, Shapes.Of(x))
        .Node("MaxPool", "x", outputs, attributes)
        .Output("y", type)
        .Build(18);

    private static Dictionary<string, Tensor> Inputs(Model model, ElementType type) =>
        new() { ["x"] = DistinctValues.Of(type, [.. model.Graph.Inputs[0].Shape!.Select(d => d!.Value)]) };
}
