namespace Mlorq.Onnx.Gradients.Rules;

/// <summary>Y = X Φ(X), or its form with tanh: ∂X = G · slope.</summary>
internal sealed class GeluRule : IGradientRule
{
    public IReadOnlyList<string> Operators => ["Gelu", "com.microsoft:Gelu"];

    public void Differentiate(NodeGradient at)
    {
        var x = at.Input(0);
        at.GiveTimes(at.Node.Text("approximate", "none") == "tanh" ? GeluSlope.Tanh(at, x) : GeluSlope.Exact(at, x));
    }
}
