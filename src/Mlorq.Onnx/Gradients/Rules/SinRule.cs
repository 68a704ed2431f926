namespace Mlorq.Onnx.Gradients.Rules;

/// <summary>Y = sin X: ∂X = G cos X.</summary>
internal sealed class SinRule : IGradientRule
{
    public IReadOnlyList<string> Operators => ["Sin"];

    public void Differentiate(NodeGradient at) => at.GiveTimes(at.Op("Cos", at.Input(0)));
}
