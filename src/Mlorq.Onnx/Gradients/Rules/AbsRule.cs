namespace Mlorq.Onnx.Gradients.Rules;

/// <summary>Y = |X|: ∂X = G sign X.</summary>
internal sealed class AbsRule : IGradientRule
{
    public IReadOnlyList<string> Operators => ["Abs"];

    public void Differentiate(NodeGradient at) => at.GiveTimes(at.Op("Sign", at.Input(0)));
}
