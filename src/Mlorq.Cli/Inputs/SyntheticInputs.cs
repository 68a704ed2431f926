using Mlorq.Onnx.Graphs;

namespace Mlorq.Cli.Inputs;

/// <summary>
/// Random inputs in place of calibration data, to see whether a model goes through: floats are standard normal, ids are drawn from the tables that they look up, other
/// integers are 1 and truth values true. What is compressed for such inputs is of little use for real ones.
/// </summary>
internal static class SyntheticInputs
{
    /// <summary>How many are made where nothing else is asked for.</summary>
    public const int DefaultSamples = 32;

    /// <summary>The entry of a file's metadata that says so.</summary>
    public const string MetadataKey = "mlorq.calibration";

    private const ulong Seed = 1;

    // What passes ids on as they are, up to their table.
    private static readonly HashSet<string> Carriers = ["Cast", "Identity", "Reshape", "Squeeze", "Unsqueeze", "Slice", "Transpose", "Expand", "Gather"];

    /// <summary>Makes them; the same for equal models.</summary>
    /// <param name="model">The model.</param>
    /// <param name="given">Shapes of inputs that leave more open than the batch.</param>
    /// <param name="samples">How many.</param>
    /// <exception cref="UsageException">A shape is missing or does not fit.</exception>
    /// <exception cref="CalibrationException">An input is no tensor of numbers or truth values.</exception>
    public static CalibrationSet Create(Model model, IReadOnlyList<GivenShape> given, int samples)
    {
        var inputs = model.Graph.Inputs;
        if (inputs.FirstOrDefault(i => !GeneratedInput.CanBeOf(i.Type)) is { } odd) throw new CalibrationException($"The input {odd} is no tensor of numbers or truth values; such inputs are not generated.");
        var shapes = new InputShapes(model.Files is [var path, ..] ? path : model.Graph.Inputs[0].Name, inputs, given);
        var size = (int)(shapes.FixedBatch ?? Math.Min(samples, ArrayFiles.FreeBatchSize));
        var generated = inputs.Zip(shapes.At(size), (i, shape) => new GeneratedInput(i.Name, i.Type, shape, GeneratedInput.IsInteger(i.Type) ? RowsOfTable(model.Graph, i.Name) : null)).ToList();
        var areSingle = size == 1 && inputs.All(i => i.Shape is [3, _, _]);
        var batches = Enumerable.Range(0, (samples + size - 1) / size).Select(b => GeneratedInput.CreateAll(generated, Seed + (ulong)(b * inputs.Count)));
        return new CalibrationSet([.. batches]) { AreSingle = areSingle };
    }

    // Rows of the smallest table that is looked up with an input; null where there is none.
    private static int? RowsOfTable(Graph graph, string input)
    {
        var (ids, rows) = (new HashSet<string> { input }, new List<long>());
        foreach (var node in graph.Nodes.Where(n => Carriers.Contains(n.OpType)))
        {
            if (node.Is("Gather") && ids.Contains(node.Input(1)))
            {
                if (Rows(graph, node) is { } count) rows.Add(count);
            }
            else if (ids.Contains(node.Input(0)))
            {
                ids.UnionWith(node.Outputs);
            }
        }

        return rows.Count == 0 ? null : (int)Math.Min(rows.Min(), int.MaxValue);
    }

    private static long? Rows(Graph graph, Node lookup)
    {
        var axis = (int)lookup.Int("axis", 0);
        IReadOnlyList<long>? shape = graph.HasInitializer(lookup.Input(0)) ? graph.InitializerSpec(lookup.Input(0)).Shape : graph.Producer(lookup.Input(0))?.Tensor("value")?.Shape;
        return shape is { Count: > 0 } && axis < shape.Count ? shape[axis < 0 ? axis + shape.Count : axis] : null;
    }
}
