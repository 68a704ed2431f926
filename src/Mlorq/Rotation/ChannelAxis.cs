using Mlorq.Onnx.Graphs;

namespace Mlorq.Rotation;

/// <summary>Where the axis of channels goes in operators that only move values, or take means over other axes.</summary>
/// <param name="graph">A graph in canonical form.</param>
/// <param name="shapes">The shapes that its values had in a run.</param>
internal sealed class ChannelAxis(Graph graph, IReadOnlyDictionary<string, IReadOnlyList<long>> shapes)
{
    private static readonly HashSet<string> Movers =
        ["Reshape", "Flatten", "Squeeze", "Unsqueeze", "Identity", "Transpose", "Gather", "Slice", "Concat", "Expand", "ReduceMean", "GlobalAveragePool"];

    /// <summary>Whether an operator only moves values.</summary>
    public static bool IsMover(Node node) => node.Domain.Length == 0 && Movers.Contains(node.OpType);

    /// <summary>The inputs of such an operator that hold values.</summary>
    public static IReadOnlyList<string> Data(Node node) => node.Is("Concat") ? node.Inputs : [node.Input(0)];

    /// <summary>The axis of the output that holds what an axis of the inputs holds; null where it is taken apart.</summary>
    /// <param name="node">The operator.</param>
    /// <param name="axis">The axis of its inputs.</param>
    /// <param name="width">The number of channels; the axis may hold several sets of them.</param>
    public int? After(Node node, int axis, int width)
    {
        if (!shapes.TryGetValue(node.Input(0), out var from) || !shapes.TryGetValue(node.Outputs[0], out var to) || axis >= from.Count) return null;
        var found = node.OpType switch
        {
            "Reshape" or "Flatten" or "Squeeze" or "Unsqueeze" or "Identity" => Reshaped(from, to, axis),
            "Transpose" => node.Ints("perm") is { } permutation ? permutation.ToList().IndexOf(axis) : from.Count - 1 - axis,
            "Gather" => AfterGather(axis, Index(node.Int("axis", 0), from), to.Count - from.Count),
            "Slice" => Constant(node.Input(3)) is { } axes && axes.All(a => Index(a, from) != axis) ? axis : null,
            "Concat" => axis,
            "Expand" => axis + to.Count - from.Count,
            "ReduceMean" => AfterMean(node, axis, from),
            _ => axis <= 1 ? axis : null,
        };
        return found is { } place && place >= 0 && place < to.Count && to[place] % width == 0 && (to[place] == from[axis] || MayJoin(node)) ? place : null;
    }

    /// <summary>The axis of the inputs that <see cref="After"/> takes to an axis of the output; null where there is none.</summary>
    public int? Before(Node node, int axis, int width) =>
        shapes.TryGetValue(node.Input(0), out var from) && Enumerable.Range(0, from.Count).Where(a => from[a] % width == 0 && After(node, a, width) == axis).ToList() is [var only] ? only : null;

    // Four neighbours are joined to one row with four sets of channels.
    private static bool MayJoin(Node node) => node.Is("Concat") || node.Is("Reshape");

    // Values stay in their order: an axis is the same where as many values lie before it. The last one may take more sets.
    private static int? Reshaped(IReadOnlyList<long> from, IReadOnlyList<long> to, int axis)
    {
        for (var (place, before) = (0, 1L); place < to.Count; before *= to[place++])
        {
            if (before == Product(from, axis) && to[place] == from[axis]) return place;
        }

        return axis == from.Count - 1 && to.Count > 0 ? to.Count - 1 : null;
    }

    private static long Product(IReadOnlyList<long> shape, int count) => shape.Take(count).Aggregate(1L, (product, dimension) => product * dimension);

    private static int? AfterGather(int axis, int gathered, int added) => axis == gathered ? null : axis < gathered ? axis : axis + added;

    private int? AfterMean(Node node, int axis, IReadOnlyList<long> from)
    {
        if ((node.Ints("axes") ?? Constant(node.Input(1))) is not { Count: > 0 } axes) return null;
        var reduced = axes.Select(a => Index(a, from)).ToList();
        return reduced.Contains(axis) ? null : node.Int("keepdims", 1) != 0 ? axis : axis - reduced.Count(r => r < axis);
    }

    private IReadOnlyList<long>? Constant(string name) => name.Length > 0 && graph.HasInitializer(name) && graph.Initializer(name) is { Type: ElementType.Int64 } values ? values.Longs.ToArray() : null;

    private static int Index(long axis, IReadOnlyList<long> shape) => (int)(axis < 0 ? axis + shape.Count : axis);
}
