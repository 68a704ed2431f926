namespace Mlorq.Onnx.Gradients.Rules;

/// <summary>Y = X t with t = tanh(ln(1 + eˣ)): ∂X = G (t + X (1 − t²) σ(X)).</summary>
internal sealed class MishRule : IGradientRule
{
    public IReadOnlyList<string> Operators => ["Mish"];

    public void Differentiate(NodeGradient at)
    {
        var x = at.Input(0);
        var t = at.Op("Tanh", at.Op("Softplus", x));
        var change = at.Op("Mul", at.OneMinus(at.Op("Mul", t, t)), at.Op("Sigmoid", x));
        at.GiveTimes(at.Op("Add", t, at.Op("Mul", x, change)));
    }
}
