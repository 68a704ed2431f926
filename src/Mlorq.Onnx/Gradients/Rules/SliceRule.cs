using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Gradients.Rules;

/// <summary>
/// Every s-th element between two positions along some axes: ∂X = G with its elements moved s apart, in a frame of zeros.
/// </summary>
internal sealed class SliceRule : IGradientRule
{
    public IReadOnlyList<string> Operators => ["Slice"];

    public bool IsDifferentiable(Node node, int input) => input == 0;

    public void Differentiate(NodeGradient at)
    {
        var rank = at.Rank(at.Input(0));
        var count = (int)at.Shape(at.Input(1))[0];
        var axes = at.Input(3).Length > 0 ? Int64.Constant(at, at.Input(3)) : [.. Enumerable.Range(0, count).Select(i => (long)i)];
        var steps = at.Input(4).Length > 0 ? Int64.Constant(at, at.Input(4)) : [.. Enumerable.Repeat(1L, count)];
        if (axes is null || steps is null) at.Give(0, OfAnySteps(at));
        else at.Give(0, Framed(at, [.. axes.Select(a => Axes.Positive(a, rank))], steps));
    }

    // For axes or steps that are only known when the graph runs.
    private static string OfAnySteps(NodeGradient at) => MovedElements.ScatterBack(at, positions => at.Op("Slice", [positions, .. at.Node.Inputs.Skip(1)]));

    private static string Framed(NodeGradient at, long[] axes, long[] steps)
    {
        var (spread, lengths) = Spread(at, axes, steps);
        var total = at.Op("Gather", at.ShapeTensor(at.Input(0)), at.Ints(axes));
        var before = First(at, axes, steps, total);
        var after = at.Op("Sub", at.Op("Sub", total, before), lengths);
        return Frame.Around(at, spread, at.Rank(at.Output), axes, at.Op("Concat", [before, after], NodeAttribute.Int("axis", 0)));
    }

    // G in ascending order with s − 1 zeros behind each element, and its lengths along the axes.
    private static (string Spread, string Lengths) Spread(NodeGradient at, long[] axes, long[] steps)
    {
        var spread = at.Gradient;
        var lengths = at.Op("Gather", at.ShapeTensor(at.Output), at.Ints(axes));
        var falling = axes.Where((_, i) => steps[i] < 0).ToArray();
        if (falling.Length > 0)
        {
            var ones = falling.Select(_ => -1L).ToArray();
            spread = at.Op("Slice", spread, at.Ints(ones), at.Ints([.. falling.Select(_ => long.MinValue)]), at.Ints(falling), at.Ints(ones));
        }

        var wide = Enumerable.Range(0, axes.Length).Where(i => Math.Abs(steps[i]) > 1).OrderBy(i => axes[i]).ToArray();
        if (wide.Length == 0) return (spread, lengths);
        var inner = wide.Select((i, before) => axes[i] + before + 1).ToArray();
        spread = at.Op("Unsqueeze", spread, at.Ints(inner));
        var zeros = wide.Select(i => Math.Abs(steps[i]) - 1);
        spread = Frame.Around(at, spread, at.Rank(at.Output) + inner.Length, inner, at.Ints([.. wide.Select(_ => 0L), .. zeros]));
        var factors = Enumerable.Repeat(1L, at.Rank(at.Output)).ToArray();
        foreach (var i in wide) factors[axes[i]] = Math.Abs(steps[i]);
        var shape = at.Op("Mul", at.ShapeTensor(at.Output), at.Ints(factors));
        return (at.Op("Reshape", [spread, shape], NodeAttribute.Int("allowzero", 1)), at.Op("Gather", shape, at.Ints(axes)));
    }

    // The lowest position that was taken along each axis.
    private static string First(NodeGradient at, long[] axes, long[] steps, string total)
    {
        var start = Int64.Of(at, at.Input(1));
        if (Int64.Constant(at, at.Input(1)) is not { } known || known.Any(s => s < 0))
        {
            start = at.Op("Where", at.Op("Less", start, at.Ints(0)), at.Op("Add", start, total), start);
            start = at.Op("Max", start, at.Ints(0));
        }

        if (steps.All(s => s > 0)) return at.Op("Min", start, total);
        // A falling slice starts at the last element at most, and its lowest position is that of its last element.
        var limit = at.Op("Add", total, at.Ints([.. steps.Select(s => s < 0 ? -1L : 0)]));
        var beyond = at.Op("Sub", at.Op("Gather", at.ShapeTensor(at.Output), at.Ints(axes)), at.Ints(1));
        return at.Op("Add", at.Op("Min", start, limit), at.Op("Mul", beyond, at.Ints([.. steps.Select(s => Math.Min(s, 0))])));
    }
}
