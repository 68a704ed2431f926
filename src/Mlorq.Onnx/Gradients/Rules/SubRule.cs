namespace Mlorq.Onnx.Gradients.Rules;

/// <summary>Y = A − B: ∂A = G, ∂B = −G.</summary>
internal sealed class SubRule : IGradientRule
{
    public IReadOnlyList<string> Operators => ["Sub"];

    public void Differentiate(NodeGradient at)
    {
        if (at.Wants(0)) at.GiveSummed(0, at.Gradient);
        // Summed first: the sum is smaller.
        if (at.Wants(1)) at.Give(1, at.Op("Neg", at.SumTo(at.Gradient, at.Shape(at.Output), at.Input(1))));
    }
}
