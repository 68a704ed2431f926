namespace Mlorq.Onnx.Gradients.Rules;

/// <summary>
/// Y = s ⊙ x̂ + b with <see cref="Standardized"/> x̂ of x = input + skip + bias over the last axis; the fourth output is x.
/// The inputs are input, skip, s, b and bias; the last two may be omitted.
/// </summary>
internal sealed class SkipLayerNormalizationRule : IGradientRule
{
    private static readonly int[] Terms = [0, 1, 4];

    public IReadOnlyList<string> Operators => ["com.microsoft:SkipLayerNormalization"];

    public void Differentiate(NodeGradient at)
    {
        var parts = new List<string>();
        if (at.OutputGradients.Count > 3 && at.OutputGradients[3].Length > 0) parts.Add(at.OutputGradients[3]);
        if (at.Gradient.Length > 0)
        {
            var standardized = Standardized.FromAxis(at, Sum(at), at.Input(2), -1, at.Node.Float("epsilon", 1e-12f));
            parts.Add(standardized.Back(at.Op("Mul", at.Gradient, at.Input(2))));
            if (at.Wants(2)) at.GiveSummed(2, at.Op("Mul", at.Gradient, standardized.Value));
            if (at.Wants(3)) at.GiveSummed(3, at.Gradient);
        }

        if (parts.Count == 0) return;
        var gradient = parts.Count == 1 ? parts[0] : at.Op("Add", parts[0], parts[1]);
        foreach (var term in Terms.Where(at.Wants)) at.GiveSummed(term, gradient);
    }

    private static string Sum(NodeGradient at)
    {
        if (at.Node.Outputs.Count > 3 && at.Node.Outputs[3].Length > 0) return at.Node.Outputs[3];
        return at.Op("Sum", [.. Terms.Select(at.Input).Where(name => name.Length > 0)]);
    }
}
