using Mlorq.Onnx.Graphs;

namespace Mlorq.Rotation;

/// <summary>
/// Finds the residual streams of a canonical model that can be rotated: all that writes into them is linear, all that reads them is a LayerNormalization
/// with linear layers behind it, and everything between only moves channels as a whole.
/// </summary>
internal sealed class StreamSearch
{
    private readonly Graph _graph;
    private readonly IReadOnlyDictionary<string, IReadOnlyList<long>> _shapes;
    private readonly int _width;
    private readonly ChannelAxis _axes;
    private readonly Queue<(string Value, Place Place)> _left = new();
    private readonly Dictionary<string, Place> _seen = [];
    private readonly SortedSet<string> _rows = new(StringComparer.Ordinal);
    private readonly Dictionary<Node, List<StreamReader>> _normalizations = [];
    private bool _isPossible = true;

    private StreamSearch(Graph graph, IReadOnlyDictionary<string, IReadOnlyList<long>> shapes, int width) =>
        (_graph, _shapes, _width, _axes) = (graph, shapes, width, new ChannelAxis(graph, shapes));

    /// <summary>Finds the streams.</summary>
    /// <param name="graph">A graph in canonical form.</param>
    /// <param name="shapes">The shapes that its values had in a run, see <see cref="Values"/>.</param>
    public static IReadOnlyList<ResidualStream> Find(Graph graph, IReadOnlyDictionary<string, IReadOnlyList<long>> shapes)
    {
        var (streams, seen) = (new List<ResidualStream>(), new HashSet<string>());
        var starts = graph.Nodes.Where(n => n.Is("LayerNormalization")).Select(n => n.Input(0)).Where(x => shapes.TryGetValue(x, out var shape) && shape is [.., > 1]);
        // The narrowest first: a wider one may be several sets of its channels.
        foreach (var start in starts.OrderBy(x => shapes[x][^1]))
        {
            if (seen.Contains(start)) continue;
            var search = new StreamSearch(graph, shapes, (int)shapes[start][^1]);
            if (search.Run(start) is { } stream) streams.Add(stream);
            seen.UnionWith(search._seen.Keys);
        }

        return streams;
    }

    /// <summary>The values whose shapes the search asks for: all of them tensors. Identity may stand for a sequence, and is known by its neighbours.</summary>
    public static IReadOnlyCollection<string> Values(Graph graph) =>
        [.. graph.Nodes.Where(HasTensors).SelectMany(n => n.Inputs.Append(n.Outputs[0])).Where(v => v.Length > 0).Distinct()];

    private static bool HasTensors(Node node) => (ChannelAxis.IsMover(node) && !node.Is("Identity")) || node.Is("LayerNormalization") || node.Is("Add") || node.Is("MatMul");

    private ResidualStream? Run(string start)
    {
        Visit(start, new Place(_shapes[start].Count - 1, null));
        while (_isPossible && _left.TryDequeue(out var next))
        {
            if (next.Place.Normalization is { } normalization) FollowNormalized(next.Value, next.Place.Axis, normalization);
            else FollowStream(next.Value, next.Place.Axis);
        }

        if (!_isPossible || _normalizations.Values.Any(readers => readers.Count == 0)) return null;
        return new ResidualStream(_width, [.. _rows], [.. _graph.Nodes.Where(_normalizations.ContainsKey).Select(n => new StreamNormalization(n, _normalizations[n]))]);
    }

    private void Visit(string value, Place place)
    {
        if (_graph.HasInitializer(value))
        {
            var rank = _graph.InitializerSpec(value).Shape.Count;
            _isPossible &= place.Normalization is null && place.Axis == rank - 1;
            AddRows(value);
            return;
        }

        if (_seen.TryGetValue(value, out var known))
        {
            // The outputs of two normalisations, a stream and a normalised value, two places of channels do not mix.
            _isPossible &= known == place;
            return;
        }

        _isPossible &= _shapes.TryGetValue(value, out var shape) && place.Axis >= 0 && place.Axis < shape.Count && shape[place.Axis] % _width == 0 && !_graph.IsOutput(value);
        _seen.Add(value, place);
        _left.Enqueue((value, place));
    }

    private void AddRows(string constant)
    {
        _isPossible &= _graph.InitializerSpec(constant) is { Type: ElementType.Float, Shape: [.., var channels] } && channels % _width == 0 && IsReadOnce(constant);
        _rows.Add(constant);
    }

    private void FollowStream(string value, int axis)
    {
        var producer = _graph.Producer(value);
        if (producer is null) _isPossible = false;
        else if (producer.Is("Add")) VisitSum(producer, value, axis);
        else if (producer.Is("MatMul") && IsWeight(producer.Input(1)) && IsLast(value, axis)) AddRows(producer.Input(1));
        else if (ChannelAxis.IsMover(producer) && _axes.Before(producer, axis, _width) is { } before) VisitAll(ChannelAxis.Data(producer), new Place(before, null));
        else _isPossible = false;
        foreach (var reader in _graph.Readers(value))
        {
            if (IsShape(reader)) continue;
            if (reader.Is("Add")) VisitSum(reader, value, axis);
            else if (reader.Is("LayerNormalization") && reader.Input(0) == value && IsLast(value, axis) && IsPlain(reader)) AddNormalization(reader);
            else if (After(reader, value, axis) is { } after) VisitMoved(reader, axis, after);
            else _isPossible = false;
        }
    }

    private void FollowNormalized(string value, int axis, Node normalization)
    {
        var producer = _graph.Producer(value);
        if (producer is not null && ChannelAxis.IsMover(producer) && _axes.Before(producer, axis, _width) is { } before) VisitAll(ChannelAxis.Data(producer), new Place(before, normalization));
        else _isPossible &= producer == normalization;
        foreach (var reader in _graph.Readers(value))
        {
            if (IsShape(reader)) continue;
            if (reader.Is("MatMul") && reader.Input(0) == value && IsLast(value, axis) && IsWeight(reader.Input(1))) _normalizations[normalization].Add(new StreamReader(reader.Input(1), Bias(reader)));
            else if (After(reader, value, axis) is { } after && _shapes[reader.Outputs[0]][after] == _shapes[value][axis]) Visit(reader.Outputs[0], new Place(after, normalization));
            else _isPossible = false;
        }
    }

    // Summands are aligned at their last axes.
    private void VisitSum(Node addition, string value, int axis)
    {
        var fromEnd = _shapes[value].Count - axis;
        foreach (var other in addition.Inputs.Append(addition.Outputs[0])) Visit(other, new Place(RankOf(other) - fromEnd, null));
    }

    private void VisitMoved(Node mover, int axis, int after)
    {
        VisitAll(ChannelAxis.Data(mover), new Place(axis, null));
        Visit(mover.Outputs[0], new Place(after, null));
    }

    private void VisitAll(IReadOnlyList<string> values, Place place)
    {
        foreach (var value in values) Visit(value, place);
    }

    private void AddNormalization(Node node)
    {
        if (_normalizations.TryAdd(node, [])) Visit(node.Outputs[0], new Place(_shapes[node.Input(0)].Count - 1, node));
    }

    private int? After(Node reader, string value, int axis) =>
        ChannelAxis.IsMover(reader) && ChannelAxis.Data(reader).Contains(value) && !reader.Inputs.Except(ChannelAxis.Data(reader)).Contains(value) ? _axes.After(reader, axis, _width) : null;

    // Of the last axis alone, with a constant weight and bias of its length, and nothing else asked for.
    private bool IsPlain(Node node)
    {
        var shape = _shapes[node.Input(0)];
        return node.Int("axis", -1) is var axis && (axis == -1 || axis == shape.Count - 1)
            && node.Outputs.Count(o => o.Length > 0) == 1
            && IsRow(node.Input(1), shape[^1])
            && (node.Input(2).Length == 0 || IsRow(node.Input(2), shape[^1]));
    }

    private bool IsRow(string name, long length) => _graph.HasInitializer(name) && _graph.InitializerSpec(name) is { Type: ElementType.Float, Shape: [var count] } && count == length;

    private bool IsWeight(string name) => _graph.HasInitializer(name) && _graph.InitializerSpec(name) is { Type: ElementType.Float, Shape.Count: 2 } && IsReadOnce(name);

    private bool IsReadOnce(string name) => !_graph.IsOutput(name) && _graph.Readers(name) is [var reader] && reader.Inputs.Count(i => i == name) == 1;

    private string? Bias(Node product)
    {
        if (_graph.IsOutput(product.Outputs[0]) || _graph.Readers(product.Outputs[0]) is not [var addition] || !addition.Is("Add")) return null;
        var name = addition.Input(0) == product.Outputs[0] ? addition.Input(1) : addition.Input(0);
        return IsRow(name, _graph.InitializerSpec(product.Input(1)).Shape[1]) && IsReadOnce(name) ? name : null;
    }

    private static bool IsShape(Node node) => node.Is("Shape") || node.Is("Size");

    private bool IsLast(string value, int axis) => axis == _shapes[value].Count - 1;

    private int RankOf(string value) => _graph.HasInitializer(value) ? _graph.InitializerSpec(value).Shape.Count : _shapes.TryGetValue(value, out var shape) ? shape.Count : 0;

    /// <summary>Where a value holds channels.</summary>
    /// <param name="Axis">Which axis.</param>
    /// <param name="Normalization">The normalisation that it comes from; null for the stream itself.</param>
    private readonly record struct Place(int Axis, Node? Normalization);
}
