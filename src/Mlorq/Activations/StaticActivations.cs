using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Passes;

namespace Mlorq.Activations;

/// <summary>
/// Rewrites a float model so that some tensors are rounded to their levels before linear operators read them: QuantizeLinear and DequantizeLinear with one scale and zero point for
/// the tensor, between them a Clip to fewer levels below 8 bits; logarithmic levels by Log, Round, Clip and Exp. Standard operators of opset 18, so any runtime computes what
/// <see cref="ActivationGrid.Rounded"/> says: the form for checks, for <see cref="ActivationGuard"/> and for research.
/// </summary>
public static class StaticActivations
{
    /// <summary>The metadata entry that says how activations are quantized.</summary>
    public const string MetadataKey = "mlorq.activations";

    /// <summary>Puts the quantizers in.</summary>
    /// <param name="model">A model of opset 18 or newer that computes the tensors, in canonical form or with its layers rewritten.</param>
    /// <param name="activations">Tensors and levels, each tensor at most once.</param>
    /// <exception cref="ArgumentException">The model has no such tensor, or it comes twice.</exception>
    public static Model Insert(Model model, IReadOnlyList<QuantizedActivation> activations) => InsertWithScales(model, activations).Model;

    /// <summary>The same, with the names of the constants that hold the scales, in the order of the activations.</summary>
    internal static (Model Model, IReadOnlyList<string> Scales) InsertWithScales(Model model, IReadOnlyList<QuantizedActivation> activations)
    {
        if (activations.Count == 0) return (model, []);
        var scales = new Dictionary<string, string>();
        var grids = activations.DistinctBy(a => a.Point.Tensor).ToDictionary(a => a.Point.Tensor, a => a.Grid);
        var editor = ActivationRewrite.Apply(
            model, [.. activations.Select(a => a.Point)], (editor, names, point) => Add(editor, names, point.Tensor));
        editor.SetMetadata(MetadataKey, Describe(activations));
        return (editor.ToModel(), [.. activations.Select(a => scales[a.Point.Tensor])]);

        string Add(ModelEditor editor, UniqueNames names, string tensor)
        {
            (var rounded, scales[tensor]) = QuantizerNodes.Add(editor, names, tensor, grids[tensor]);
            return rounded;
        }
    }

    /// <summary>How activations are quantized, in words: <c>simulated: 30 at 3 bits, 12 at 5 bits; 3.8 on average</c>, an average over all elements.</summary>
    public static string Describe(IReadOnlyList<QuantizedActivation> activations)
    {
        var bits = activations.GroupBy(a => a.Grid.Bits).OrderBy(g => g.Key).Select(g => FormattableString.Invariant($"{g.Count()} at {g.Key} bits")).ToList();
        var kind = activations.Any(a => a.Grid.IsSimulated) ? "simulated" : "static";
        var elements = activations.Sum(a => (double)a.Elements);
        var average = bits.Count > 1 && elements > 0 ? FormattableString.Invariant($"; {activations.Sum(a => a.Grid.Bits * (double)a.Elements) / elements:F1} on average") : "";
        return $"{kind}: {string.Join(", ", bits)}{average}";
    }
}
