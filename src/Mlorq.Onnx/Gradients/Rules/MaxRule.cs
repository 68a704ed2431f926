namespace Mlorq.Onnx.Gradients.Rules;

/// <summary>Y = the greatest or least of Xᵢ, element by element: G goes to the inputs that equal Y; those that tie share it.</summary>
internal sealed class MaxRule : IGradientRule
{
    public IReadOnlyList<string> Operators => ["Max", "Min"];

    public void Differentiate(NodeGradient at)
    {
        if (at.Node.Inputs.Count == 1)
        {
            at.Give(0, at.Gradient);
            return;
        }

        var type = at.Type(at.Output);
        var chosen = at.Node.Inputs.Select(x => at.CastTo(at.Op("Equal", x, at.Output), type)).ToArray();
        var share = at.Op("Div", at.Gradient, at.Op("Sum", chosen));
        for (var i = 0; i < chosen.Length; i++)
        {
            if (at.Wants(i)) at.GiveSummed(i, at.Op("Mul", share, chosen[i]));
        }
    }
}
