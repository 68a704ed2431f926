using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Tests.Gradients.Rules;

public class DropoutTests
{
    private static readonly Tensor Half = GradientCheck.Values(ElementType.Double, [0.5]);

    [Fact]
    public void Gradient_passes_unchanged()
    {
        OneNode.Agrees(OneNode.OfDouble("Dropout", "2 3"));
        OneNode.Agrees(OneNode.Of("Dropout", ElementType.Double, ["2 3"], constants: [("ratio", Half), ("training", new Tensor(ElementType.Bool, [], new byte[1]))]));
    }

    // Exported by accident: ONNX Runtime takes the node out, as it is neither at the beginning nor at the end of the graph.
    [Fact]
    public void Training_mode_is_not_heeded()
    {
        var training = new Tensor(ElementType.Bool, [], new byte[] { 1 });
        var model = new GraphBuilder()
            .Input("x", ElementType.Double, 2, 3)
            .Node("Neg", "x", "n")
            .Constant("ratio", Half)
            .Constant("training", training)
            .Node("Dropout", "n,ratio,training", "d")
            .Node("Softmax", "d", "y")
            .Output("y", ElementType.Double)
            .Build(18);
        GradientCheck.Agrees(model);
    }
}
