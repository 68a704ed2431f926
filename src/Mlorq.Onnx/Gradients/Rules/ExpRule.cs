namespace Mlorq.Onnx.Gradients.Rules;

/// <summary>Y = eˣ: ∂X = G Y.</summary>
internal sealed class ExpRule : IGradientRule
{
    public IReadOnlyList<string> Operators => ["Exp"];

    public void Differentiate(NodeGradient at) => at.GiveTimes(at.Output);
}
