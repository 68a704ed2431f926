using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Passes;

/// <summary>
/// Makes one weight of a table and a product with the same table transposed, as language models have for the tokens that come in and go out (tied embeddings).
/// <para>Requires: canonical MatMul; equal constants merged.</para>
/// <para>
/// Ensures: where MatMul(x, W [in, out]) and rows of Wᵀ that are looked up had a tensor each, there is W alone, whose columns are looked up: Gather along axis 1 with
/// flat indices, then Transpose.
/// </para>
/// </summary>
public static class TieTables
{
    // Smaller ones are no layers: more is spent on nodes than a second copy costs.
    private const int Smallest = 1024;

    /// <summary>The model with tied weights.</summary>
    public static Model Apply(Model model)
    {
        var graph = model.Graph;
        var tied = Tied(graph);
        if (tied.Count == 0) return model;
        var editor = model.Edit();
        var names = new UniqueNames(model);
        // The table's name is the one that authors know; a product's weight is often named by the exporter.
        var tables = tied.ToDictionary(t => t.Value, t => t.Key);
        foreach (var (table, weight) in tied)
        {
            editor.SetInitializer(table, graph.Initializer(weight)!);
            editor.RemoveInitializer(weight);
        }

        foreach (var node in graph.Nodes)
        {
            if (node.Is("Gather") && tied.ContainsKey(node.Input(0))) editor.Replace(node, Columns(node, graph.InitializerSpec(node.Input(0)).Shape[1], editor, names));
            else if (node.Is("MatMul") && tables.TryGetValue(node.Input(1), out var table)) editor.Replace(node, node.With(inputs: [node.Input(0), table]));
        }

        return editor.ToModel();
    }

    // By table: the weight of a product that is the same transposed.
    private static Dictionary<string, string> Tied(Graph graph)
    {
        var pinned = PinnedNames.Of(graph);
        var weights = graph.Nodes.Where(n => n.Is("MatMul") && IsMatrix(graph, n.Input(1))).Select(n => n.Input(1)).Distinct()
            .Where(w => !pinned.Contains(w) && graph.Readers(w).All(r => r.Is("MatMul") && r.Input(1) == w && r.Input(0) != w)).ToLookup(w => Shape(graph, w));
        var tied = new Dictionary<string, string>();
        foreach (var table in graph.Nodes.Where(n => n.Is("Gather") && IsMatrix(graph, n.Input(0))).Select(n => n.Input(0)).Distinct())
        {
            if (pinned.Contains(table) || !graph.Readers(table).All(r => r.Is("Gather") && r.Int("axis", 0) == 0 && r.Input(0) == table && r.Input(1) != table)) continue;
            var (rows, width) = Shape(graph, table);
            if (weights[(width, rows)].FirstOrDefault(w => !tied.ContainsValue(w) && AreTransposed(graph, table, w)) is { } weight) tied.Add(table, weight);
        }

        return tied;
    }

    private static bool IsMatrix(Graph graph, string name) =>
        graph.HasInitializer(name) && graph.InitializerSpec(name) is { Type: ElementType.Float, Shape: [var rows, var columns] } && rows * columns >= Smallest;

    private static (long Rows, long Columns) Shape(Graph graph, string name) => (graph.InitializerSpec(name).Shape[0], graph.InitializerSpec(name).Shape[1]);

    private static bool AreTransposed(Graph graph, string table, string weight)
    {
        var (rows, width) = Shape(graph, table);
        var byRow = graph.Initializer(table)!.Floats;
        var byColumn = graph.Initializer(weight)!.Floats;
        for (var i = 0; i < rows; i++)
        {
            for (var j = 0; j < width; j++)
            {
                if (byRow[(int)((i * width) + j)] != byColumn[(int)((j * rows) + i)]) return false;
            }
        }

        return true;
    }

    private static IEnumerable<Node> Columns(Node gather, long channels, ModelEditor editor, UniqueNames names)
    {
        var name = gather.DisplayName;
        var (flat, some, columns, rows, outer, width, shape) = (Fresh("flat"), Fresh("some"), Fresh("columns"), Fresh("rows"), Fresh("outer"), Fresh("width"), Fresh("shape"));
        editor.SetInitializer(flat, Tensor.Of([-1L], 1));
        editor.SetInitializer(width, Tensor.Of([channels], 1));
        return
        [
            new Node("Reshape", some, [gather.Input(1), flat], [some]),
            new Node("Gather", name, [gather.Input(0), some], [columns], [NodeAttribute.Int("axis", 1)]),
            new Node("Transpose", rows, [columns], [rows], [NodeAttribute.Ints("perm", 1, 0)]),
            new Node("Shape", outer, [gather.Input(1)], [outer]),
            new Node("Concat", shape, [outer, width], [shape], [NodeAttribute.Int("axis", 0)]),
            new Node("Reshape", $"{name}/tokens", [rows, shape], gather.Outputs, [NodeAttribute.Int("allowzero", 1)]),
        ];

        string Fresh(string what) => names.Fresh($"{name}/{what}");
    }
}
