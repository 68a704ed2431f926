using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Passes;

namespace Mlorq.Rewriting;

/// <summary>
/// Writes attention without a mask, softmax(Q Kᵀ · s) V of heads that are moved forth and back by Reshape and Transpose, as one MultiHeadAttention of ONNX Runtime. It reads queries, keys and values as layers give
/// them, works on a few rows at a time, so that no matrix of all scores is stored, and on all threads. What else such a pattern may hold (masks, position biases, layers in between) leaves it as it is.
/// </summary>
internal static class FusedAttention
{
    private const string Operator = "MultiHeadAttention";

    /// <summary>The model of a file with one operator for each attention that can be.</summary>
    /// <param name="canonical">The canonical model, where patterns are looked for: in the frame of a file values are missing.</param>
    /// <param name="model">The model of the file.</param>
    /// <param name="names">The names that the file has for values of the canonical model.</param>
    public static Model Apply(Model canonical, Model model, ShortNames names)
    {
        var graph = model.Graph;
        var found = canonical.Graph.Nodes.Where(n => n.Is("Softmax")).Select(n => Match.Of(canonical.Graph, n)).OfType<Match>().Select(m => m.In(graph, names)).ToList();
        if (found.Count == 0) return model;
        var editor = model.Edit();
        var unique = new UniqueNames(model);
        var shapes = new Dictionary<string, string>();
        foreach (var match in found) editor.Replace(match.Last, [.. Nodes(editor, unique, shapes, match)]);
        RemoveUnread(editor, graph, [.. found.SelectMany(m => m.Parts)]);
        editor.ImportOpset("com.microsoft", 1);
        return editor.ToModel();
    }

    private static IEnumerable<Node> Nodes(ModelEditor editor, UniqueNames names, Dictionary<string, string> shapes, Match match)
    {
        var nodes = new List<Node>();
        var output = match.Last.Outputs[0];
        var wholes = new Dictionary<string, IReadOnlyList<string>>();
        var inputs = match.Three.Select(heads =>
        {
            if (!wholes.TryGetValue(heads.Source, out var parts)) wholes.Add(heads.Source, parts = Parts(heads));
            return heads.Scales.Aggregate(parts[heads.Slot ?? 0], (x, scale) => Add(scale.OpType, [x, scale.Input(1)]));
        }).ToList();
        nodes.Add(new Node(Operator, match.Last.Name, inputs, [output], [NodeAttribute.Int("num_heads", match.Three[0].Count), NodeAttribute.Float("scale", 1)], "com.microsoft"));
        return nodes;

        // Three axes, whatever the layer gives.
        IReadOnlyList<string> Parts(Heads heads)
        {
            var whole = Add("Reshape", [heads.Source, ShapeOf(heads)]);
            if (heads.Slot is null) return [whole];
            string[] parts = [.. Enumerable.Range(0, 3).Select(_ => names.Fresh($"{output}/part"))];
            nodes.Add(new Node("Split", "", [whole], parts, [NodeAttribute.Int("axis", 2), NodeAttribute.Int("num_outputs", 3)]));
            return parts;
        }

        string ShapeOf(Heads heads)
        {
            long[] shape = [heads.Shape[0], heads.Shape[1], heads.Shape.Skip(2).Aggregate(1L, (a, b) => a * b)];
            var key = string.Join(',', shape);
            if (shapes.TryGetValue(key, out var name)) return name;
            editor.SetInitializer(shapes[key] = names.Fresh("mlorq/whole"), Tensor.Of(shape.AsSpan(), 3));
            return shapes[key];
        }

        string Add(string opType, string[] inputs)
        {
            var result = names.Fresh($"{output}/{(opType == "Reshape" ? "whole" : "scaled")}");
            nodes.Add(new Node(opType, "", inputs, [result]));
            return result;
        }
    }

    // Of the nodes of the pattern those that nobody reads any more, and shapes that only these read.
    private static void RemoveUnread(ModelEditor editor, Graph graph, List<Node> parts)
    {
        var removable = parts.SelectMany(p => p.Outputs).ToHashSet();
        var before = editor.Nodes.SelectMany(n => n.Reads()).ToHashSet();
        while (true)
        {
            var read = editor.Nodes.SelectMany(n => n.Reads()).ToHashSet();
            if (editor.Nodes.RemoveAll(n => n.Outputs.All(o => removable.Contains(o) && !read.Contains(o) && !graph.IsOutput(o))) == 0) break;
        }

        before.ExceptWith(editor.Nodes.SelectMany(n => n.Reads()));
        foreach (var name in parts.SelectMany(p => p.Inputs).Where(i => before.Contains(i) && graph.HasInitializer(i) && graph.InitializerSpec(i).Type == ElementType.Int64).Distinct()) editor.RemoveInitializer(name);
    }

    /// <summary>Queries, keys or values [batch, heads, tokens, width] by where they come from.</summary>
    /// <param name="Source">The value that is reshaped.</param>
    /// <param name="Slot">Which third of it, where it has all three; null where it has this one alone.</param>
    /// <param name="Shape">[batch, tokens, heads, width], or [batch, tokens, 3, heads, width]; −1 and 0 as Reshape takes them.</param>
    /// <param name="Scales">What multiplies or divides it by one number, in order.</param>
    private sealed record Heads(string Source, int? Slot, long[] Shape, IReadOnlyList<Node> Scales)
    {
        public long Count => Shape[^2];

        public static Heads? Of(Graph graph, string tensor, bool isTransposed, List<Node> parts)
        {
            var scales = new List<Node>();
            while (graph.Producer(tensor) is { } node)
            {
                parts.Add(node);
                if (IsScaling(graph, node))
                {
                    scales.Insert(0, node);
                    tensor = node.Input(0);
                }
                else if (isTransposed && IsTranspose(node, 0, 1, 3, 2))
                {
                    (tensor, isTransposed) = (node.Input(0), false);
                }
                else if (IsTranspose(node, isTransposed ? [0, 2, 3, 1] : [0, 2, 1, 3]))
                {
                    return Reshaped(graph, node.Input(0), 4, parts) is var (source, shape) ? new Heads(source, null, shape, scales) : null;
                }
                else if (!isTransposed && Third(graph, node, parts) is var (stacked, slot) && graph.Producer(stacked) is { } turn && IsTranspose(turn, 2, 0, 3, 1, 4))
                {
                    parts.Add(turn);
                    return Reshaped(graph, turn.Input(0), 5, parts) is var (source, shape) && shape[2] == 3 ? new Heads(source, slot, shape, scales) : null;
                }
                else
                {
                    return null;
                }
            }

            return null;
        }

        private static (string Source, long[] Shape)? Reshaped(Graph graph, string tensor, int axes, List<Node> parts)
        {
            if (graph.Producer(tensor) is not { } node || !node.Is("Reshape") || !graph.HasInitializer(node.Input(1))) return null;
            parts.Add(node);
            var shape = graph.Initializer(node.Input(1))!.Longs.ToArray();
            return shape.Length == axes && shape.Skip(2).All(s => s > 0) && node.Int("allowzero", 0) == 0 ? (node.Input(0), shape) : null;
        }

        // One of three along the first axis: by Gather, or by Split and Squeeze.
        private static (string Stacked, int Slot)? Third(Graph graph, Node node, List<Node> parts)
        {
            if (node.Is("Gather") && node.Int("axis", 0) == 0 && graph.HasInitializer(node.Input(1)) && graph.InitializerSpec(node.Input(1)) is { Type: ElementType.Int64, Shape.Count: 0 })
                return graph.Initializer(node.Input(1))!.Longs[0] is var index and >= 0 and < 3 ? (node.Input(0), (int)index) : null;
            if (!node.Is("Squeeze") || !graph.HasInitializer(node.Input(1)) || graph.Initializer(node.Input(1))!.Longs is not [0] || graph.Producer(node.Input(0)) is not { } split) return null;
            if (!split.Is("Split") || split.Int("axis", 0) != 0 || split.Outputs.Count != 3) return null;
            parts.Add(split);
            return (split.Input(0), split.Outputs.ToList().IndexOf(node.Input(0)));
        }
    }

    /// <summary>An attention.</summary>
    /// <param name="Three">Queries, keys, values.</param>
    /// <param name="Last">The Transpose that brings heads back to where they were.</param>
    /// <param name="Parts">The nodes of the pattern.</param>
    private sealed record Match(IReadOnlyList<Heads> Three, Node Last, IReadOnlyList<Node> Parts)
    {
        public Match In(Graph file, ShortNames names)
        {
            return new Match([.. Three.Select(h => h with { Source = names.Of(h.Source), Scales = [.. h.Scales.Select(There)] })], There(Last), [.. Parts.Select(There)]);

            Node There(Node node) => file.Producer(names.Of(node.Outputs[0]))!;
        }

        public static Match? Of(Graph graph, Node softmax)
        {
            if (softmax.Int("axis", -1) is not (-1 or 3)) return null;
            var parts = new List<Node> { softmax };
            var scales = new List<Node>();
            var scores = softmax.Input(0);
            while (graph.Producer(scores) is { } scaling && IsScaling(graph, scaling) && IsReadOnce(graph, scores))
            {
                parts.Add(scaling);
                scales.Insert(0, scaling);
                scores = scaling.Input(0);
            }

            if (graph.Producer(scores) is not { } product || !product.Is("MatMul") || !IsReadOnce(graph, scores) || !IsReadOnce(graph, softmax.Outputs[0])) return null;
            if (graph.Readers(softmax.Outputs[0])[0] is not { } weighing || !weighing.Is("MatMul") || weighing.Input(0) != softmax.Outputs[0] || !IsReadOnce(graph, weighing.Outputs[0])) return null;
            if (graph.Readers(weighing.Outputs[0])[0] is not { } last || !IsTranspose(last, 0, 2, 1, 3) || !graph.Readers(last.Outputs[0]).All(r => Joins(graph, r))) return null;
            parts.AddRange([product, weighing]);
            if (Heads.Of(graph, product.Input(0), false, parts) is not { } queries || Heads.Of(graph, product.Input(1), true, parts) is not { } keys || Heads.Of(graph, weighing.Input(1), false, parts) is not { } values) return null;
            if (queries.Count != keys.Count || keys.Count != values.Count || queries.Shape[^1] != keys.Shape[^1]) return null;
            return new Match([queries with { Scales = [.. queries.Scales, .. scales] }, keys, values], last, parts);
        }

        // What follows has to mean the same for [batch, tokens, heads · width].
        private static bool Joins(Graph graph, Node reader) =>
            reader.Is("Reshape") && reader.Int("allowzero", 0) == 0 && (!graph.HasInitializer(reader.Input(1)) || graph.Initializer(reader.Input(1))!.Longs.ToArray() is [_, _, not 0]);

        private static bool IsReadOnce(Graph graph, string tensor) => graph.Readers(tensor).Count == 1 && !graph.IsOutput(tensor);
    }

    private static bool IsTranspose(Node node, params long[] permutation) => node.Is("Transpose") && node.Ints("perm") is { } perm && perm.SequenceEqual(permutation);

    private static bool IsScaling(Graph graph, Node node) => (node.Is("Mul") || node.Is("Div")) && IsNumber(graph, node.Input(1)) && !IsNumber(graph, node.Input(0));

    private static bool IsNumber(Graph graph, string tensor) => graph.HasInitializer(tensor) && graph.InitializerSpec(tensor).Shape is [] or [1];
}
