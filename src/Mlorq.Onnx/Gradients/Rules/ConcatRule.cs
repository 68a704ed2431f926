using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Gradients.Rules;

/// <summary>Parts put together along an axis: each gets its own piece of G.</summary>
internal sealed class ConcatRule : IGradientRule
{
    public IReadOnlyList<string> Operators => ["Concat"];

    public void Differentiate(NodeGradient at)
    {
        var count = at.Node.Inputs.Count;
        if (count == 1)
        {
            at.Give(0, at.Gradient);
            return;
        }

        var axis = Axes.Positive(at.Node.Int("axis", 0), at.Rank(at.Output));
        var lengths = at.Node.Inputs.Select(i => at.Op("Gather", at.ShapeTensor(i), at.Ints(axis))).ToArray();
        var pieces = at.Ops("Split", [at.Gradient, at.Op("Concat", lengths, NodeAttribute.Int("axis", 0))], count, NodeAttribute.Int("axis", axis));
        for (var i = 0; i < count; i++)
        {
            if (at.Wants(i)) at.Give(i, pieces[i]);
        }
    }
}
