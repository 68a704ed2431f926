using Mlorq.Onnx.Graphs;

namespace Mlorq.Layers;

/// <summary>
/// The values between a model's blocks. Wherever a single computed value is all that the rest of the graph needs of what lies before, as it is
/// between residual connections, the graph falls into two; an attention and what follows it up to the next one (or to the end of what follows) are a block.
/// Decides by what nodes compute, never by their names.
/// </summary>
internal static class TransformerBlocks
{
    /// <summary>The values in front of which blocks begin, in graph order; none where the graph does not fall apart.</summary>
    /// <param name="graph">A graph in canonical form.</param>
    /// <param name="layers">Its layers.</param>
    public static IReadOnlyList<string> Inputs(Graph graph, IReadOnlyList<Layer> layers)
    {
        var borders = Borders(graph, layers);
        var weights = layers.OfType<LinearLayer>().Select(l => l.TensorName).ToHashSet();
        var inputs = new List<string>();
        // Of the block so far: whether it has an attention, and whether another part of it follows.
        var (attends, follows, hasLayers) = (false, false, false);
        for (var b = -1; b < borders.Count; b++)
        {
            var start = b < 0 ? 0 : borders[b].Position;
            var end = b + 1 < borders.Count ? borders[b + 1].Position : graph.Nodes.Count;
            var nodes = graph.Nodes.Skip(start).Take(end - start).ToList();
            var isAttention = nodes.Exists(n => n.Is("Softmax"));
            if (b >= 0 && hasLayers && (isAttention || !attends || follows))
            {
                inputs.Add(borders[b].Value);
                (attends, follows, hasLayers) = (false, false, false);
            }

            var compresses = nodes.Exists(n => n.Is("MatMul") && n.Inputs.Any(weights.Contains));
            follows |= attends && compresses;
            attends |= isAttention;
            hasLayers |= compresses;
        }

        return inputs;
    }

    // Where one value alone is alive among those that depend on a layer's weight.
    private static List<(int Position, string Value)> Borders(Graph graph, IReadOnlyList<Layer> layers)
    {
        var computed = layers.Select(l => l.TensorName).ToHashSet();
        var weights = computed.ToHashSet();
        var lastRead = new Dictionary<string, int>();
        for (var i = 0; i < graph.Nodes.Count; i++)
        {
            var node = graph.Nodes[i];
            foreach (var value in node.Reads()) lastRead[value] = i;
            // Shapes are worked out again wherever they are needed.
            if (!node.Is("Shape") && !node.Is("Size") && node.Reads().Any(computed.Contains)) computed.UnionWith(node.Outputs.Where(o => o.Length > 0));
        }

        foreach (var output in graph.Outputs) lastRead[output.Name] = graph.Nodes.Count;
        // A layer and its bias stay together.
        var inside = layers.OfType<LinearLayer>().Where(l => l.Bias is not null).Select(l => l.Uses[0].Outputs[0]).ToHashSet();
        var alive = new HashSet<string>();
        var borders = new List<(int, string)>();
        for (var i = 0; i < graph.Nodes.Count; i++)
        {
            if (alive.Count == 1 && alive.First() is var value && !inside.Contains(value) && (borders.Count == 0 || borders[^1].Item2 != value)) borders.Add((i, value));
            alive.UnionWith(graph.Nodes[i].Outputs.Where(o => computed.Contains(o) && !weights.Contains(o)));
            alive.RemoveWhere(v => lastRead.GetValueOrDefault(v, -1) <= i);
        }

        return borders;
    }
}
