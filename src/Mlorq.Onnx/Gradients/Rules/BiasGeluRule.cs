namespace Mlorq.Onnx.Gradients.Rules;

/// <summary>Y = gelu(X + b) with b along the last axis; the bias of FastGelu, which has the form with tanh, may be omitted.</summary>
internal sealed class BiasGeluRule : IGradientRule
{
    public IReadOnlyList<string> Operators => ["com.microsoft:BiasGelu", "com.microsoft:FastGelu"];

    public void Differentiate(NodeGradient at)
    {
        var x = at.Input(1).Length == 0 ? at.Input(0) : at.Op("Add", at.Input(0), at.Input(1));
        var slope = at.Node.OpType == "FastGelu" ? GeluSlope.Tanh(at, x) : GeluSlope.Exact(at, x);
        var gradient = at.Op("Mul", at.Gradient, slope);
        if (at.Wants(0)) at.Give(0, gradient);
        if (at.Wants(1)) at.GiveSummed(1, gradient);
    }
}
