using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Execution;

/// <summary>Which nodes and values belong to which segment, for cuts in front of given positions.</summary>
internal sealed class SegmentPlan
{
    private readonly Graph _graph;
    private readonly IReadOnlyList<string> _outputs;
    private readonly HashSet<Node> _arithmetic;
    private readonly HashSet<string> _inputs;
    private readonly Dictionary<string, int> _computedIn = [];
    private readonly Dictionary<string, int> _lastReadIn = [];

    private SegmentPlan(Graph graph, IReadOnlyList<string> outputs)
    {
        (_graph, _outputs) = (graph, outputs);
        _arithmetic = [.. ShapeArithmetic.Of(graph)];
        _inputs = [.. graph.Inputs.Select(i => i.Name)];
        var needed = graph.NeededValues();
        Own = [.. graph.Nodes.Where(n => !_arithmetic.Contains(n) && n.Outputs.Any(needed.Contains))];
    }

    /// <summary>The nodes to be divided: those that an output needs and that are not arithmetic with shapes.</summary>
    public IReadOnlyList<Node> Own { get; }

    /// <summary>The segments.</summary>
    public IReadOnlyList<Segment> Segments { get; private set; } = [];

    /// <summary>Divides a graph.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="outputs">The outputs wanted.</param>
    /// <param name="cuts">From the nodes to be divided, to the positions in front of which they are cut, rising.</param>
    public static SegmentPlan Of(Graph graph, IReadOnlyList<string> outputs, Func<IReadOnlyList<Node>, IEnumerable<int>> cuts)
    {
        var plan = new SegmentPlan(graph, outputs);
        // Nothing lies before the first node, or behind the last.
        List<int> borders = [0, .. cuts(plan.Own).Where(c => c > 0 && c < plan.Own.Count), plan.Own.Count];
        plan.Divide([.. borders.Zip(borders.Skip(1), (first, next) => plan.Own.Skip(first).Take(next - first).ToList())]);
        return plan;
    }

    /// <summary>The first and the last segment that have to do with a value which crosses cuts.</summary>
    public (int ComputedIn, int LastReadIn) Span(string value) => (_computedIn[value], _lastReadIn.GetValueOrDefault(value, _computedIn[value]));

    private void Divide(IReadOnlyList<IReadOnlyList<Node>> parts)
    {
        for (var s = 0; s < parts.Count; s++)
        {
            foreach (var output in parts[s].SelectMany(n => n.Outputs).Where(o => o.Length > 0)) _computedIn[output] = s;
        }

        // What no segment computes of its own (shapes, constants) the last one gives.
        var last = parts.Count - 1;
        var segments = parts.Select((nodes, s) => Describe(nodes, s, s == last ? [.. _outputs.Where(o => !_computedIn.ContainsKey(o))] : [])).ToList();
        for (var s = 0; s < segments.Count; s++)
        {
            foreach (var value in segments[s].Live) _lastReadIn[value] = s;
        }

        Segments = [.. segments.Select((segment, s) => segment with { Outputs = [.. OutputsOf(segment, s), .. segment.Outputs] })];
    }

    private Segment Describe(IReadOnlyList<Node> nodes, int index, IReadOnlyList<string> extra)
    {
        var read = nodes.SelectMany(n => n.Reads()).Concat(extra).ToHashSet();
        var repeated = new List<Node>();
        foreach (var node in _graph.Nodes.Reverse().Where(n => _arithmetic.Contains(n) && n.Outputs.Any(read.Contains)))
        {
            read.UnionWith(node.Reads());
            repeated.Add(node);
        }

        repeated.Reverse();
        return new Segment(
            nodes,
            repeated,
            [.. _graph.Inputs.Select(i => i.Name).Where(read.Contains)],
            [.. read.Where(v => !_inputs.Contains(v) && _computedIn.TryGetValue(v, out var where) && where < index).OrderBy(v => v, StringComparer.Ordinal)],
            extra);
    }

    private IEnumerable<string> OutputsOf(Segment segment, int index) => segment.Nodes
        .SelectMany(n => n.Outputs)
        .Where(o => o.Length > 0 && (_lastReadIn.GetValueOrDefault(o, index) > index || _outputs.Contains(o)));
}
