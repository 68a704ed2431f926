using Mlorq.Layers;
using Mlorq.Rewriting;

namespace Mlorq;

/// <summary>Something of a compressed file that is no layer: what was left alone, and what it takes.</summary>
/// <param name="Name">A constant; an operator that passes through; or what else it is.</param>
/// <param name="Count">Constants, or nodes of the operator.</param>
/// <param name="SizeInBytes">Bytes in the file, names included.</param>
/// <param name="Reason">Why it is as it was, or what it is for.</param>
public sealed record KeptPart(string Name, int Count, long SizeInBytes, string Reason)
{
    /// <summary>All of them, largest first: with the layers of the plan they are the file.</summary>
    /// <param name="result">A finished compression.</param>
    public static IReadOnlyList<KeptPart> Of(CompressionResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        var (graph, choices) = (result.Model.Graph, result.Plan.Choices);
        var fragments = choices.Select(c => ModelRewriter.Emit(c.Layer, c.Candidate.Candidate, result.Runtime).With(c.Layer.Names)).ToList();
        var tensors = fragments.SelectMany(f => f.Tensors).Select(t => t.Name).ToHashSet();
        var outputs = fragments.SelectMany(f => f.Nodes).Select(n => n.Outputs[0]).ToHashSet();
        var reasons = LayerFinder.Survey(result.Canonical).LeftAlone.ToLookup(l => l.Name);
        var functions = fragments.SelectMany(f => f.Functions).Distinct().ToList();
        var constants = graph.InitializerNames.Where(n => !tensors.Contains(n)).Select(n => (Name: n, graph.InitializerSpec(n).SizeInBytes)).ToList();
        var small = constants.Where(c => !reasons.Contains(c.Name)).ToList();
        var parts = constants.Where(c => reasons.Contains(c.Name)).Select(c => new KeptPart(c.Name, 1, c.SizeInBytes, $"constant of {reasons[c.Name].First().Operator}: {reasons[c.Name].First().Reason}")).ToList();
        parts.AddRange(graph.Nodes.Where(n => !outputs.Contains(n.Outputs[0])).GroupBy(n => n.Domain.Length > 0 ? $"{n.Domain}:{n.OpType}" : n.OpType).Select(g => new KeptPart(g.Key, g.Count(), g.Sum(n => n.SizeInBytes), "nodes that pass through")));
        if (small.Count > 0) parts.Add(new KeptPart("small constants", small.Count, small.Sum(c => c.SizeInBytes), "too small to be worth a change"));
        if (functions.Count > 0) parts.Add(new KeptPart("functions", functions.Count, ModelRewriter.SizeInBytes(functions, result.Runtime), "they turn stored codes into weights"));
        var rest = result.Plan.SizeInBytes - choices.Sum(c => c.Candidate.SizeInBytes) - parts.Sum(p => p.SizeInBytes);
        return [.. parts.Append(new KeptPart("frame", 1, rest, "names, inputs and outputs, metadata, lengths")).OrderByDescending(p => p.SizeInBytes)];
    }
}
