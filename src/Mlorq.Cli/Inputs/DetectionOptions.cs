using System.CommandLine;
using Mlorq.Vision;

namespace Mlorq.Cli.Inputs;

/// <summary>Objects that are in pictures, and how those that were found are compared with them.</summary>
internal sealed class DetectionOptions
{
    private static readonly Dictionary<string, DetectionShape> Shapes = new() { ["box"] = DetectionShape.Box, ["mask"] = DetectionShape.Mask };

    private static readonly Dictionary<string, DetectorLayout> Layouts = Enum.GetValues<DetectorLayout>().ToDictionary(DetectorLayoutNames.Of);

    private readonly Option<string?> _coco = RunOptions.Text(
        "--coco", "INSTANCES.json", "For detectors: the objects in the pictures, in COCO's form. Prints average precision and recall as COCO's official tool defines them.");
    private readonly Option<string?> _detections = RunOptions.Text(
        "--detections", "RESULTS.json", "With --coco and in place of a model: what was found, in COCO's form (boxes, masks or both).");
    private readonly Option<string?> _shape = RunOptions.Text("--iou", "box|mask", "With --coco: compare boxes only, or masks only. Default: boxes, and masks where detections have them.");
    private readonly Option<string?> _layout = RunOptions.Text(
        "--detector", string.Join('|', Layouts.Keys), "With --coco: how the model writes what it finds. Default: told by the names and shapes of its outputs; deformable-detr has to be said.");

    public IReadOnlyList<Option> Options => [_coco, _detections, _shape, _layout];

    /// <summary>The file with the ground truth; null where no detector is evaluated.</summary>
    /// <exception cref="UsageException">It is not given, but other options that need it.</exception>
    public string? Truth(ParseResult parsed)
    {
        if (parsed.GetValue(_coco) is { } path) return path;
        if (Options.Cast<Option<string?>>().FirstOrDefault(o => parsed.GetValue(o) is not null) is { } other) throw new UsageException($"{other.Name} is for detectors: give the objects in the pictures with --coco INSTANCES.json as well.");
        return null;
    }

    /// <summary>A file of detections; null where a model makes them.</summary>
    public string? Detections(ParseResult parsed) => parsed.GetValue(_detections);

    /// <summary>What is compared; null: what there is.</summary>
    /// <exception cref="UsageException">The word is none of those that are offered.</exception>
    public DetectionShape? Shape(ParseResult parsed) => RunOptions.Word(parsed, _shape, Shapes);

    /// <summary>The layout of the outputs; null: the one that fits.</summary>
    /// <exception cref="UsageException">The word is none of those that are offered.</exception>
    public DetectorLayout? Layout(ParseResult parsed) => RunOptions.Word(parsed, _layout, Layouts);
}
