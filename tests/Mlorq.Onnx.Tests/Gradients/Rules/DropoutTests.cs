using Mlorq.Onnx.Gradients;
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

    [Fact]
    public void Training_mode_is_refused()
    {
        var training = new Tensor(ElementType.Bool, [], new byte[] { 1 });
        var model = OneNode.Of("Dropout", ElementType.Double, ["2 3"], constants: [("ratio", Half), ("training", training)]);
        Assert.Throws<MissingGradientRuleException>(() => OneNode.Agrees(model));
    }
}
