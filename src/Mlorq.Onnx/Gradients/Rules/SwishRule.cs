namespace Mlorq.Onnx.Gradients.Rules;

/// <summary>Y = X s with s = σ(α X): ∂X = G (s + α Y (1 − s)).</summary>
internal sealed class SwishRule : IGradientRule
{
    public IReadOnlyList<string> Operators => ["Swish", "com.microsoft:QuickGelu"];

    public void Differentiate(NodeGradient at)
    {
        var alpha = at.Node.Float("alpha", at.Node.Is("Swish") ? 1 : 1.702f);
        var s = at.Op("Sigmoid", alpha == 1 ? at.Input(0) : at.Times(at.Input(0), alpha));
        var weighted = alpha == 1 ? at.Output : at.Times(at.Output, alpha);
        at.GiveTimes(at.Op("Add", s, at.Op("Mul", weighted, at.OneMinus(s))));
    }
}
