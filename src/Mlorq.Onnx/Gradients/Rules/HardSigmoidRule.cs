namespace Mlorq.Onnx.Gradients.Rules;

/// <summary>Y = α X + β limited to 0 … 1: ∂X = α G inside.</summary>
internal sealed class HardSigmoidRule : IGradientRule
{
    public IReadOnlyList<string> Operators => ["HardSigmoid"];

    public void Differentiate(NodeGradient at)
    {
        var isInside = at.Op("And", at.Op("Greater", at.Output, at.Number(0)), at.Op("Less", at.Output, at.Number(1)));
        at.Give(0, at.OnlyWhere(isInside, at.Times(at.Gradient, at.Node.Float("alpha", 0.2f))));
    }
}
