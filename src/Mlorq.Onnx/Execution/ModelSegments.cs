using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Passes;

namespace Mlorq.Onnx.Execution;

/// <summary>
/// A model cut into a chain of segments, in the order of its nodes: each reads the model's inputs and what earlier segments left, so that a model can be run
/// step by step for many inputs, with weights that are not known before. Every node belongs to one segment, but arithmetic with constants and
/// shapes, which each segment repeats as the runtime would fold it.
/// </summary>
/// <remarks>
/// The runtime merges nodes within a segment only. Cuts in front of linear layers, at their inputs, fall where its merging ends (LayerNormalization, Gelu, and a
/// product with the addition behind it stay whole), and the tests find the whole model's bits for every model they have. Elsewhere, where the runtime
/// would merge nodes on both sides of a cut, results may differ in their last bits.
/// </remarks>
public sealed class ModelSegments
{
    private readonly Model _model;
    private readonly SegmentPlan _plan;
    private readonly IReadOnlyDictionary<string, ValueInfo> _crossing;

    private ModelSegments(Model model, SegmentPlan plan, IReadOnlyList<string> outputs, IReadOnlyDictionary<string, ValueInfo> crossing) =>
        (_model, _plan, Outputs, _crossing) = (model, plan, outputs, crossing);

    /// <summary>The segments, in order; at least one.</summary>
    public IReadOnlyList<Segment> Segments => _plan.Segments;

    /// <summary>The model's outputs, those that are tensors.</summary>
    public IReadOnlyList<string> Outputs { get; }

    /// <summary>Cuts a model in front of the first reader of each of some values; bodies of If and Loop count as readers, arithmetic with shapes does not.</summary>
    /// <param name="model">The model.</param>
    /// <param name="values">The values; those that nothing reads make no cut. Where a sequence or text would cross a cut, that cut is not made.</param>
    /// <exception cref="ModelRunException">ONNX Runtime refuses the model.</exception>
    public static ModelSegments Cut(Model model, IReadOnlyCollection<string> values)
    {
        var graph = model.Graph;
        IReadOnlyList<string> outputs = [.. graph.Outputs.Select(o => o.Name)];
        var plan = SegmentPlan.Of(graph, outputs, own => FirstReaders(own, values));
        var crossing = Infer(model, [.. plan.Segments.SelectMany(s => s.Outputs).Distinct()]);
        outputs = [.. outputs.Where(o => !crossing.TryGetValue(o, out var info) || ModelRunner.CanBeFed(info))];
        var spans = crossing.Values.Where(v => !ModelRunner.CanBeFed(v) && graph.Producer(v.Name) is not null).Select(v => plan.Span(v.Name)).ToList();
        var kept = Enumerable.Range(1, plan.Segments.Count - 1).Where(s => !spans.Exists(span => span.ComputedIn < s && s <= span.LastReadIn)).ToList();
        var starts = plan.Segments.Select(s => s.Nodes.Count).Aggregate(new List<int> { 0 }, (sums, count) => [.. sums, sums[^1] + count]);
        return new ModelSegments(model, SegmentPlan.Of(graph, outputs, _ => kept.Select(s => starts[s])), outputs, crossing);
    }

    /// <summary>The segment in front of which a value is at hand and that is the first to read it; null where there is none.</summary>
    public int? FirstReaderOf(string value)
    {
        for (var s = 0; s < Segments.Count; s++)
        {
            if (!Segments[s].Nodes.Any(n => n.Reads().Contains(value))) continue;
            return Segments[s].Live.Contains(value) || Segments[s].Fed.Contains(value) ? s : null;
        }

        return null;
    }

    /// <summary>One segment as a model of its own.</summary>
    /// <param name="index">Its place.</param>
    /// <param name="weights">The model that was cut, or one with the same graph and other values in its constants.</param>
    public Model Build(int index, Model weights)
    {
        var segment = Segments[index];
        var mine = segment.Nodes.Concat(segment.Repeated).ToHashSet();
        var editor = weights.Edit();
        editor.Nodes.Clear();
        editor.Nodes.AddRange(_model.Graph.Nodes.Where(mine.Contains));
        editor.KeepInputs(segment.Fed);
        foreach (var name in segment.Live) editor.AddInput(_crossing[name]);
        editor.KeepOutputs([]);
        editor.ExposeOutputs(segment.Outputs);
        return DropUnused.Apply(editor.ToModel());
    }

    /// <summary>The last segment that reads a value; the number of segments when the model gives it.</summary>
    internal int LastReaderOf(string value) => Outputs.Contains(value) ? Segments.Count : _plan.Span(value).LastReadIn;

    private static IEnumerable<int> FirstReaders(IReadOnlyList<Node> own, IReadOnlyCollection<string> values)
    {
        var left = values.ToHashSet();
        for (var i = 0; i < own.Count && left.Count > 0; i++)
        {
            var reads = own[i].Reads().Where(left.Remove).ToList();
            if (reads.Count > 0) yield return i;
        }
    }

    // Types and shapes as the runtime infers them in the whole model, since files may declare wrong ones.
    private static Dictionary<string, ValueInfo> Infer(Model model, IReadOnlyList<string> values)
    {
        var editor = model.Edit();
        editor.KeepOutputs([]);
        editor.ExposeOutputs(values);
        using var runner = ModelRunner.Load(DropUnused.Apply(editor.ToModel()));
        return values.ToDictionary(v => v, runner.OutputInfo);
    }
}
