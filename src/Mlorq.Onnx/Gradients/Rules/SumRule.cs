namespace Mlorq.Onnx.Gradients.Rules;

/// <summary>Y = Σ Xᵢ or its n-th part (Mean): ∂Xᵢ = G or G / n.</summary>
internal sealed class SumRule : IGradientRule
{
    public IReadOnlyList<string> Operators => ["Sum", "Mean"];

    public void Differentiate(NodeGradient at)
    {
        var gradient = at.Node.OpType == "Sum" ? at.Gradient : at.Times(at.Gradient, 1.0 / at.Node.Inputs.Count);
        for (var i = 0; i < at.Node.Inputs.Count; i++)
        {
            if (at.Wants(i)) at.GiveSummed(i, gradient);
        }
    }
}
