namespace Mlorq.Onnx.Gradients.Rules;

/// <summary>Y = X h with h = X / 6 + 1/2 limited to 0 … 1: ∂X = G (X / 3 + 1/2) for −3 &lt; X &lt; 3, G h outside.</summary>
internal sealed class HardSwishRule : IGradientRule
{
    public IReadOnlyList<string> Operators => ["HardSwish"];

    public void Differentiate(NodeGradient at)
    {
        var isInside = at.Op("Less", at.Op("Abs", at.Input(0)), at.Number(3));
        var inside = at.Plus(at.Times(at.Input(0), 1.0 / 3), 0.5);
        var outside = at.CastTo(at.Op("Greater", at.Input(0), at.Number(0)), at.Type(at.Input(0)));
        at.GiveTimes(at.Op("Where", isInside, inside, outside));
    }
}
