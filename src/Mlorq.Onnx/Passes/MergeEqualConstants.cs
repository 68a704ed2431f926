using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Passes;

/// <summary>
/// Makes one tensor of initializers with equal type, shape and bytes.
/// <para>Requires: nothing.</para>
/// <para>
/// Ensures: nodes of the main graph read the first of equal initializers (in the file's order). The others are gone, but for those
/// that subgraphs or the graph's outputs name.
/// </para>
/// </summary>
public static class MergeEqualConstants
{
    /// <summary>The model without repeated tensors.</summary>
    public static Model Apply(Model model)
    {
        var graph = model.Graph;
        var pinned = PinnedNames.Of(graph);
        var firsts = Firsts(graph, pinned);
        if (firsts.Count == 0) return model;
        var editor = model.Edit();
        for (var i = 0; i < editor.Nodes.Count; i++)
        {
            var node = editor.Nodes[i];
            if (node.Inputs.Any(firsts.ContainsKey)) editor.Nodes[i] = node.With(inputs: node.Inputs.Select(n => firsts.GetValueOrDefault(n, n)));
        }

        foreach (var name in firsts.Keys.Where(n => !pinned.Contains(n))) editor.RemoveInitializer(name);
        return editor.ToModel();
    }

    /// <summary>For each initializer that repeats another one: the one to read instead.</summary>
    private static Dictionary<string, string> Firsts(Graph graph, HashSet<string> pinned)
    {
        var firsts = new Dictionary<string, string>();
        foreach (var sameSpec in graph.InitializerNames.Distinct().GroupBy(n => Spec(graph, n)).Where(g => g.Count() > 1))
        {
            var seen = new Dictionary<ReadOnlyMemory<byte>, string>(BytesComparer.Instance);
            // Names that must stay come first, so that the others can go.
            foreach (var name in sameSpec.OrderBy(n => pinned.Contains(n) ? 0 : 1))
            {
                if (graph.Initializer(name) is not { } tensor || seen.TryAdd(tensor.Bytes, name)) continue;
                firsts.Add(name, seen[tensor.Bytes]);
            }
        }

        return firsts;
    }

    private static string Spec(Graph graph, string name)
    {
        var spec = graph.InitializerSpec(name);
        return $"{spec.Type} {string.Join(',', spec.Shape)}";
    }

    private sealed class BytesComparer : IEqualityComparer<ReadOnlyMemory<byte>>
    {
        public static readonly BytesComparer Instance = new();

        public bool Equals(ReadOnlyMemory<byte> x, ReadOnlyMemory<byte> y) => x.Span.SequenceEqual(y.Span);

        public int GetHashCode(ReadOnlyMemory<byte> obj)
        {
            var hash = default(HashCode);
            hash.AddBytes(obj.Span);
            return hash.ToHashCode();
        }
    }
}
