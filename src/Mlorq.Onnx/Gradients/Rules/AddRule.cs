namespace Mlorq.Onnx.Gradients.Rules;

/// <summary>Y = A + B: ∂A = G, ∂B = G.</summary>
internal sealed class AddRule : IGradientRule
{
    public IReadOnlyList<string> Operators => ["Add"];

    public void Differentiate(NodeGradient at)
    {
        if (at.Wants(0)) at.GiveSummed(0, at.Gradient);
        if (at.Wants(1)) at.GiveSummed(1, at.Gradient);
    }
}
