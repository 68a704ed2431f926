using Mlorq.Layers;
using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Passes;

namespace Mlorq.Activations;

/// <summary>
/// Evens out the channels between a LayerNormalization and the linear layers behind it, so that one scale for the whole tensor fits all of them (the scale reparameterisation of
/// RepQ-ViT, Li et al., ICCV 2023, section 3.2, here by ranges). With the range [a, b] of a channel c over the calibration inputs and w̃ the geometric mean of all channels' widths,
/// <code>r1 = ((b − a) / w̃)^strength,  r2 = (a + b) / 2,  x' = (x − r2) / r1</code>
/// lies in a range around zero that is the same for all channels at strength 1. The model computes the same: the weight of the normalisation becomes γ / r1 and its bias
/// (β − r2) / r1; in the next layers the weights of channel c are multiplied by r1, and Σ_c W_c · r2 is added to their biases.
/// </summary>
/// <remarks>
/// A layer without a bias gets one (an Add behind it, 4 bytes for each output feature): without the shift the channels' ranges would have the same width, but not the same place. Layers that
/// follow the normalisation only through other operators, such as a selection of one token, are left alone.
/// </remarks>
public static class NormalizationReparameterization
{
    // Channels that hardly vary would get factors that are rounding errors.
    private const double LeastRelativeWidth = 1e-4;

    /// <summary>The outputs of normalisations that can be evened out: read by linear layers alone, whose weights nothing else uses.</summary>
    /// <param name="model">A model in canonical form.</param>
    /// <param name="layers">Its layers.</param>
    public static IReadOnlyList<string> Find(Model model, FoundLayers layers) => [.. Normalizations(model.Graph, layers).Select(n => n.Output)];

    /// <summary>The model with its channels evened out. Layers have other weights then: find them again.</summary>
    /// <param name="model">A model in canonical form.</param>
    /// <param name="layers">Its layers.</param>
    /// <param name="channels">The ranges by tensor, from <see cref="ActivationStatistics"/>; normalisations without are left alone.</param>
    /// <param name="strength">How far widths are evened out, from 0 (only centred) to 1 (all the same). Less than 1 leaves more of the differences to the activations and less to the weights.</param>
    public static Model Apply(Model model, FoundLayers layers, IReadOnlyDictionary<string, ChannelRanges> channels, double strength = 1)
    {
        if (!(strength is >= 0 and <= 1)) throw new ArgumentOutOfRangeException(nameof(strength), strength, "The strength is a number from 0 to 1.");
        var editor = model.Edit();
        var names = new UniqueNames(model);
        foreach (var normalization in Normalizations(model.Graph, layers))
        {
            if (!channels.TryGetValue(normalization.Output, out var ranges)) continue;
            var change = ChannelChange.Of(ranges, strength, LeastRelativeWidth);
            Fold(model.Graph, editor, names, normalization, change);
            foreach (var layer in normalization.Layers) Fold(model.Graph, editor, names, layer, change);
        }

        return editor.ToModel();
    }

    private static IEnumerable<Normalization> Normalizations(Graph graph, FoundLayers layers)
    {
        var byWeight = layers.Linear.ToDictionary(l => l.TensorName);
        foreach (var node in graph.Nodes.Where(n => n.Is("LayerNormalization")))
        {
            var output = node.Outputs[0];
            var readers = graph.Readers(output);
            if (readers.Count == 0 || graph.IsOutput(output) || !readers.All(r => r.Is("MatMul") && r.Input(0) == output && byWeight.ContainsKey(r.Input(1)))) continue;
            var next = readers.Select(r => byWeight[r.Input(1)]).DistinctBy(l => l.TensorName).ToList();
            if (next.Exists(l => l.IsTied || l.Uses.Any(u => u.Input(0) != output))) continue;
            if (IsRow(graph, node.Input(1), next[0].InFeatures) && (node.Input(2).Length == 0 || IsRow(graph, node.Input(2), next[0].InFeatures)))
                yield return new Normalization(node, output, next);
        }
    }

    private static bool IsRow(Graph graph, string name, int width) =>
        graph.HasInitializer(name) && graph.InitializerSpec(name) is { Type: ElementType.Float, Shape: [var length] } && length == width;

    // Under new names: equal constants of several normalisations are one.
    private static void Fold(Graph graph, ModelEditor editor, UniqueNames names, Normalization normalization, ChannelChange change)
    {
        var node = normalization.Node;
        var weight = graph.Initializer(node.Input(1))!.Floats.ToArray();
        var bias = node.Input(2).Length > 0 ? graph.Initializer(node.Input(2))!.Floats.ToArray() : new float[weight.Length];
        string[] inputs = [node.Input(0), names.Fresh($"{normalization.Output}/even_weight"), names.Fresh($"{normalization.Output}/even_bias")];
        editor.SetInitializer(inputs[1], Row(weight.Select((w, c) => w / change.Factor[c])));
        editor.SetInitializer(inputs[2], Row(bias.Select((b, c) => (b - change.Shift[c]) / change.Factor[c])));
        editor.Replace(node, node.With(inputs: inputs));
        foreach (var old in node.Inputs.Skip(1).Where(i => i.Length > 0 && !editor.Nodes.Exists(n => n.Reads().Contains(i)) && !graph.IsOutput(i))) editor.RemoveInitializer(old);
    }

    private static void Fold(Graph graph, ModelEditor editor, UniqueNames names, LinearLayer layer, ChannelChange change)
    {
        var (weight, shift) = (graph.Initializer(layer.TensorName)!.Floats.ToArray(), new double[layer.OutFeatures]);
        for (var c = 0; c < layer.InFeatures; c++)
        {
            for (var o = 0; o < shift.Length; o++)
            {
                ref var w = ref weight[(c * shift.Length) + o];
                shift[o] += w * change.Shift[c];
                w = (float)(w * change.Factor[c]);
            }
        }

        editor.SetInitializer(layer.TensorName, Tensor.Of(weight, layer.InFeatures, layer.OutFeatures));
        if (layer.Bias is { } bias)
        {
            editor.SetInitializer(bias.TensorName, Row(shift.Select((s, o) => s + bias.Values[o])));
            return;
        }

        var added = names.Fresh($"{layer.Uses[0].Outputs[0]}/bias");
        editor.SetInitializer(added, Row(shift));
        foreach (var use in layer.Uses)
        {
            var product = names.Fresh($"{use.Outputs[0]}/product");
            editor.Replace(use, use.With(outputs: [product]), new Node("Add", names.Fresh($"{use.Outputs[0]}/biased"), [product, added], [use.Outputs[0]]));
        }
    }

    private static Tensor Row(IEnumerable<double> values)
    {
        float[] row = [.. values.Select(v => (float)v)];
        return Tensor.Of(row, row.Length);
    }

    private sealed record Normalization(Node Node, string Output, IReadOnlyList<LinearLayer> Layers);
}
