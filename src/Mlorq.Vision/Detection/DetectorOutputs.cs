using Mlorq.Onnx.Graphs;

namespace Mlorq.Vision;

/// <summary>What an output of a layout is.</summary>
/// <param name="Name">The name that exporters give it; another one does where only one output has its shape.</param>
/// <param name="Shape">For people.</param>
/// <param name="Rank">Axes.</param>
/// <param name="Last">Length of the last axis; null where that is free.</param>
/// <param name="Types">What its elements may be.</param>
/// <param name="IsOptional">Whether a model may be without it.</param>
/// <param name="IsKnownByName">Whether no other name will do: other outputs may have its shape.</param>
internal sealed record OutputRole(string Name, string Shape, int Rank, int? Last, ElementType[] Types, bool IsOptional = false, bool IsKnownByName = false)
{
    /// <summary>Whether an output can be this one.</summary>
    /// <param name="output">As the model declares it.</param>
    /// <param name="isNamed">Whether it has the name; what the model leaves open is then no obstacle.</param>
    public bool IsPlayedBy(ValueInfo output, bool isNamed)
    {
        if (!Types.Contains(output.Type) || (IsKnownByName && !isNamed)) return false;
        if (output.Shape is not { } shape) return isNamed;
        return shape.Count == Rank && (Last is null || shape[^1] == Last || (isNamed && shape[^1] is null));
    }
}

/// <summary>Which output of a model has which role in its layout.</summary>
/// <param name="Layout">The layout.</param>
/// <param name="Names">The model's names by the roles' names; optional ones that are not there are left out.</param>
internal sealed record DetectorOutputs(DetectorLayout Layout, IReadOnlyDictionary<string, string> Names)
{
    public const string Boxes = "boxes";
    public const string Labels = "labels";
    public const string Scores = "scores";
    public const string Masks = "masks";
    public const string Logits = "logits";
    public const string PredictedBoxes = "pred_boxes";
    public const string PredictedMasks = "pred_masks";
    public const string Found = "dets";

    private static readonly ElementType[] Numbers = [ElementType.Float, ElementType.Float16];
    private static readonly ElementType[] WholeNumbers = [ElementType.Int64, ElementType.Int32];
    private static readonly ElementType[] MaskValues = [ElementType.Float, ElementType.Float16, ElementType.Bool, ElementType.UInt8];

    // Of each layout those with a telling last axis come first: they are not taken for others.
    private static IReadOnlyDictionary<DetectorLayout, OutputRole[]> Roles { get; } = new Dictionary<DetectorLayout, OutputRole[]>
    {
        [DetectorLayout.Torchvision] =
        [
            new(Boxes, "[n, 4]", 2, 4, Numbers), new(Labels, "[n]", 1, null, WholeNumbers), new(Scores, "[n]", 1, null, Numbers), new(Masks, "[n, 1, h, w]", 4, null, MaskValues, true),
        ],
        [DetectorLayout.Detr] = Queries("[1, queries, classes + 1]"),
        [DetectorLayout.DeformableDetr] = Queries("[1, queries, classes]"),
        [DetectorLayout.MmDetection] = [new(Found, "[1, n, 5]", 3, 5, Numbers), new(Labels, "[1, n]", 2, null, WholeNumbers), new(Masks, "[1, n, h, w]", 4, null, MaskValues, true)],
    };

    /// <summary>Finds the outputs of a layout, or of the only layout that fits.</summary>
    /// <exception cref="EvaluationException">They are not there, or several layouts fit.</exception>
    public static DetectorOutputs Find(IReadOnlyList<ValueInfo> outputs, DetectorLayout? layout)
    {
        var found = All(outputs, layout);
        if (found.Count == 1) return found[0];
        var own = $"The model's outputs are: {string.Join("; ", outputs)}.";
        throw new EvaluationException(found.Count > 1
            ? $"{own} They may be those of {string.Join(" or ", found.Select(f => DetectorLayoutNames.Of(f.Layout)))}; say which."
            : $"{own} {(layout is null ? "Those of a detector are" : "They must be")} {string.Join("; or ", Candidates(layout).Select(Described))}. Export the model with such outputs, or score a file of its detections.");
    }

    /// <summary>The layouts that fit, of all or of one.</summary>
    public static IReadOnlyList<DetectorOutputs> All(IReadOnlyList<ValueInfo> outputs, DetectorLayout? layout) => [.. Candidates(layout).Select(c => Assign(c, outputs)).OfType<DetectorOutputs>()];

    // The shapes of DeformableDetr are those of Detr.
    private static DetectorLayout[] Candidates(DetectorLayout? layout) => layout is { } given ? [given] : [.. Enum.GetValues<DetectorLayout>().Where(l => l != DetectorLayout.DeformableDetr)];

    private static OutputRole[] Queries(string logits) =>
        [new(PredictedBoxes, "[1, queries, 4]", 3, 4, Numbers), new(Logits, logits, 3, null, Numbers), new(PredictedMasks, "[1, queries, h, w]", 4, null, Numbers, IsOptional: true, IsKnownByName: true)];

    private static DetectorOutputs? Assign(DetectorLayout layout, IReadOnlyList<ValueInfo> outputs)
    {
        var names = new Dictionary<string, string>();
        foreach (var role in Roles[layout])
        {
            if (outputs.Any(o => o.Name == role.Name && role.IsPlayedBy(o, isNamed: true))) names.Add(role.Name, role.Name);
        }

        foreach (var role in Roles[layout].Where(r => !names.ContainsKey(r.Name)))
        {
            var others = outputs.Where(o => !names.ContainsValue(o.Name) && role.IsPlayedBy(o, isNamed: false)).ToList();
            if (others.Count == 1) names.Add(role.Name, others[0].Name);
            else if (!role.IsOptional) return null;
        }

        return new DetectorOutputs(layout, names);
    }

    private static string Described(DetectorLayout layout) => $"{DetectorLayoutNames.Of(layout)}: {string.Join(", ", Roles[layout].Select(r => $"{r.Name} {r.Shape}{(r.IsOptional ? " if any" : "")}"))}";
}
