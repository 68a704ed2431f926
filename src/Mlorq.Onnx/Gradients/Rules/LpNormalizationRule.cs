using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Gradients.Rules;

/// <summary>Y = X / n with n = Σ |X| or √Σ X² along an axis: ∂X = (G − d Σ G Y) / n with d = sign X or Y, and 0 where n = 0.</summary>
internal sealed class LpNormalizationRule : IGradientRule
{
    public IReadOnlyList<string> Operators => ["LpNormalization"];

    public void Differentiate(NodeGradient at)
    {
        var isSum = at.Node.Int("p", 2) == 1;
        var norm = Along(at, isSum ? "ReduceL1" : "ReduceL2", at.Input(0));
        var inverse = at.Op("Where", at.Op("Equal", norm, at.Number(0)), at.Number(0), at.Op("Reciprocal", norm));
        var direction = isSum ? at.Op("Sign", at.Input(0)) : at.Output;
        var along = at.Op("Mul", direction, Along(at, "ReduceSum", at.Op("Mul", at.Gradient, at.Output)));
        at.Give(0, at.Op("Mul", inverse, at.Op("Sub", at.Gradient, along)));
    }

    private static string Along(NodeGradient at, string opType, string value) =>
        at.Op(opType, [value, at.Ints(at.Node.Int("axis", -1))], NodeAttribute.Int("keepdims", 1));
}
