namespace Mlorq.Onnx.Gradients.Rules;

/// <summary>Y = cos X: ∂X = −G sin X.</summary>
internal sealed class CosRule : IGradientRule
{
    public IReadOnlyList<string> Operators => ["Cos"];

    public void Differentiate(NodeGradient at) => at.GiveTimes(at.Op("Neg", at.Op("Sin", at.Input(0))));
}
