using Mlorq.Onnx.Execution;
using Mlorq.Onnx.Gradients;
using Mlorq.Onnx.Graphs;
using Mlorq.TestKit;

namespace Mlorq.Onnx.Tests.Gradients.Rules;

/// <summary>The number of images or regions may depend on the data, so a graph that was traced with one number must hold for others.</summary>
public class OtherBatchTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_graph_traced_with_two_images_gives_the_gradients_of_other_numbers(long batch)
    {
        var model = Build();
        var inputs = RandomInputs.For(model, batch);
        var expected = Gradients(model, inputs, inputs);
        var actual = Gradients(model, RandomInputs.For(model, 2), inputs);
        Assert.Equal(expected.Keys, actual.Keys);
        foreach (var (name, gradient) in expected)
        {
            Assert.Equal(gradient.Shape, actual[name].Shape);
            Close.EqualInNorm(GradientCheck.Doubles(gradient), GradientCheck.Doubles(actual[name]), 1e-6);
        }
    }

    [Fact]
    public void Without_any_image_the_weights_have_a_gradient_of_zero()
    {
        var model = Build();
        var inputs = RandomInputs.For(model, 2);
        var empty = new Dictionary<string, Tensor>(inputs) { ["x"] = Tensor.Of(Array.Empty<float>(), 0, 4, 6, 6) };
        foreach (var (name, gradient) in Gradients(model, inputs, empty))
        {
            Assert.Equal(empty[name].Shape, gradient.Shape);
            Assert.All(gradient.Floats.ToArray(), g => Assert.Equal(0, g));
        }
    }

    // One of each operator that looks at traced lengths.
    private static Model Build() => new GraphBuilder()
        .Input("x", null, 4, 6, 6)
        .Input("grouped", 4, 2, 3, 3)
        .Input("pointwise", 4, 4, 1, 1)
        .Input("up", 4, 2, 2, 2)
        .Constant("scales", Tensor.Of([1f, 1f, 1.5f, 2f], 4))
        .Node("Conv", "x,grouped", "a", Attributes.Of("group 2;pads 1 1 1 1"))
        .Node("Conv", "a,pointwise", "b")
        .Node("MaxPool", "b", "c", Attributes.Of("kernel_shape 2 2;pads 1 1 0 0"))
        .Node("AveragePool", "c", "d", Attributes.Of("kernel_shape 3 3;strides 2 2"))
        .Node("Resize", "d,,scales", "e", NodeAttribute.Text("mode", "linear"))
        .Node("ConvTranspose", "e,up", "f", Attributes.Of("group 2;strides 2 2"))
        .Node("GlobalAveragePool", "f", "g")
        .Node("GlobalMaxPool", "f", "h")
        .Output("g")
        .Output("h")
        .Build(18);

    private static Dictionary<string, Tensor> Gradients(Model model, Dictionary<string, Tensor> traced, Dictionary<string, Tensor> inputs)
    {
        var backward = BackwardGraph.Build(model, ["x", "grouped", "pointwise", "up"], ["g", "h"], traced);
        var fed = new Dictionary<string, Tensor>(inputs);
        var random = new Random(9);
        foreach (var name in backward.Projections.Values) fed[name] = RandomInputs.Floats(random, 100);
        using var runner = ModelRunner.Load(backward.Model);
        return backward.Gradients.ToDictionary(g => g.Key, g => runner.Run(fed, [g.Value])[0]);
    }
}
