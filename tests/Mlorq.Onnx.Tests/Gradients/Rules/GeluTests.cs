using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Tests.Gradients.Rules;

public class GeluTests
{
    [Theory]
    [InlineData("none")]
    [InlineData("tanh")]
    public void Both_standard_forms(string approximate)
    {
        var form = NodeAttribute.Text("approximate", approximate);
        OneNode.Agrees(OneNode.Of("Gelu", approximate == "tanh" ? ElementType.Double : ElementType.Float, ["2 3 4"], [form], opset: 20), -3, 3);
    }

    [Fact]
    public void The_standard_form_without_attribute() => OneNode.Agrees(OneNode.Of("Gelu", ElementType.Float, ["2 3 4"], opset: 20), -3, 3);

    [Fact]
    public void The_contributed_operator() => OneNode.Agrees(OneNode.Of("com.microsoft:Gelu", ElementType.Float, ["2 3 4"]), -3, 3);
}
