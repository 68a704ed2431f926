using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Gradients.Rules;

/// <summary>Puts zeros around a tensor, or cuts it where a margin is negative.</summary>
internal static class Frame
{
    /// <summary>Adds the margins along some axes.</summary>
    /// <param name="at">The node.</param>
    /// <param name="value">The tensor.</param>
    /// <param name="rank">The number of its axes.</param>
    /// <param name="axes">The axes, counted from the front.</param>
    /// <param name="margins">Elements to add before and after, as whole numbers [2 · axes].</param>
    public static string Around(NodeGradient at, string value, int rank, long[] axes, string margins)
    {
        // Pad takes axes as well, but ONNX Runtime's optimizer forgets them when it moves a Transpose past a Pad.
        var count = axes.Length;
        var picks = new long[2 * rank];
        Array.Fill(picks, 2 * count);
        for (var i = 0; i < count; i++) (picks[axes[i]], picks[rank + axes[i]]) = (i, count + i);
        var all = at.Op("Concat", [margins, at.Ints(0)], NodeAttribute.Int("axis", 0));
        return at.Op("Pad", value, at.Op("Gather", all, at.Ints(picks)));
    }
}
