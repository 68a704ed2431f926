using System.Runtime.InteropServices;
using Mlorq.Onnx.Graphs;

namespace Mlorq.Vision;

/// <summary>Reads the outputs of a run.</summary>
/// <param name="outputs">Which they are.</param>
/// <param name="tensors">By the model's names.</param>
internal sealed class DetectorReading(DetectorOutputs outputs, IReadOnlyDictionary<string, Tensor> tensors)
{
    /// <summary>Classes that the model tells apart; null where its outputs do not say.</summary>
    public int? Classes => outputs.Layout switch
    {
        DetectorLayout.Detr => (int)Output(DetectorOutputs.Logits, -1, -1, -1).Shape[2] - 1,
        DetectorLayout.DeformableDetr => (int)Output(DetectorOutputs.Logits, -1, -1, -1).Shape[2],
        _ => null,
    };

    /// <summary>What was found.</summary>
    /// <param name="size">Of the prepared picture.</param>
    /// <exception cref="EvaluationException">The outputs have other shapes than their layout says, or values that are no numbers.</exception>
    public IReadOnlyList<FoundObject> Objects(PictureSize size)
    {
        var objects = outputs.Layout switch
        {
            DetectorLayout.Torchvision => Torchvision(size),
            DetectorLayout.Detr => Queries(size, QueryScores.Likeliest),
            DetectorLayout.DeformableDetr => Queries(size, QueryScores.Highest),
            _ => MmDetection(size),
        };
        if (objects.Any(o => !float.IsFinite(o.Score) || !double.IsFinite(o.Left + o.Top + o.Right + o.Bottom))) throw NotFinite();
        return objects;
    }

    private List<FoundObject> Torchvision(PictureSize size)
    {
        var boxes = Floats(DetectorOutputs.Boxes, -1, 4);
        var count = boxes.Length / 4;
        var (labels, scores) = (Whole(DetectorOutputs.Labels, count), Floats(DetectorOutputs.Scores, count));
        var masks = Masks(DetectorOutputs.Masks, count, 1);
        return [.. Enumerable.Range(0, count).Select(i => Object(labels[i], scores[i], boxes.AsSpan(4 * i), Plane(masks, i, size)))];
    }

    // At the end there may be places that nothing was found for, with labels below 0.
    private List<FoundObject> MmDetection(PictureSize size)
    {
        var found = Floats(DetectorOutputs.Found, 1, -1, 5);
        var count = found.Length / 5;
        var labels = Whole(DetectorOutputs.Labels, 1, count);
        var masks = Masks(DetectorOutputs.Masks, 1, count);
        return [.. Enumerable.Range(0, count).Where(i => labels[i] >= 0).Select(i => Object(labels[i], found[(5 * i) + 4], found.AsSpan(5 * i), Plane(masks, i, size)))];
    }

    private List<FoundObject> Queries(PictureSize size, Func<float[], int, IReadOnlyList<QueryScore>> choose)
    {
        var boxes = Floats(DetectorOutputs.PredictedBoxes, 1, -1, 4);
        var queries = boxes.Length / 4;
        var logits = Floats(DetectorOutputs.Logits, 1, queries, -1);
        // Only some of them are chosen.
        if (logits.Any(float.IsNaN)) throw NotFinite();
        var masks = Masks(DetectorOutputs.PredictedMasks, 1, queries);
        return [.. choose(logits, queries).Select(s => Query(s, boxes.AsSpan(4 * s.Query, 4), masks is null ? null : MaskPlane.OfLogits(masks, s.Query), size))];
    }

    private static FoundObject Query(QueryScore score, ReadOnlySpan<float> box, MaskPlane? mask, PictureSize size)
    {
        var (x, y, halfWidth, halfHeight) = (box[0], box[1], box[2] / 2, box[3] / 2);
        return new FoundObject(
            score.Label, (float)score.Score, (x - halfWidth) * size.Width, (y - halfHeight) * size.Height, (x + halfWidth) * size.Width, (y + halfHeight) * size.Height, mask);
    }

    private static EvaluationException NotFinite() => new("The model gives scores or boxes that are no finite numbers. Run it in single precision, or compress it less.");

    private static FoundObject Object(long label, float score, ReadOnlySpan<float> corners, MaskPlane? mask) => new(label, score, corners[0], corners[1], corners[2], corners[3], mask);

    private static MaskPlane? Plane(Tensor? masks, int index, PictureSize size) => masks is null ? null : MaskPlane.OfProbabilities(masks, index, size);

    private Tensor? Masks(string role, long first, long second) => outputs.Names.ContainsKey(role) ? AsFloats(Output(role, first, second, -1, -1)) : null;

    private float[] Floats(string role, params long[] shape) => AsFloats(Output(role, shape)).Floats.ToArray();

    private long[] Whole(string role, params long[] shape)
    {
        var tensor = Output(role, shape);
        return tensor.Type == ElementType.Int32 ? [.. MemoryMarshal.Cast<byte, int>(tensor.Bytes.Span).ToArray().Select(v => (long)v)] : tensor.Longs.ToArray();
    }

    private static Tensor AsFloats(Tensor tensor) => tensor.Type switch
    {
        ElementType.Float => tensor,
        ElementType.Float16 => Tensor.Of([.. tensor.Halves.ToArray().Select(v => (float)v)], [.. tensor.Shape]),
        _ => Tensor.Of([.. tensor.Bytes.ToArray().Select(v => (float)v)], [.. tensor.Shape]),
    };

    // −1: any length.
    private Tensor Output(string role, params long[] shape)
    {
        var tensor = tensors[outputs.Names[role]];
        if (tensor.Shape.Count == shape.Length && tensor.Shape.Zip(shape).All(d => d.Second < 0 || d.First == d.Second)) return tensor;
        throw new EvaluationException(
            $"The output '{outputs.Names[role]}' came out as [{string.Join(", ", tensor.Shape)}]; for one picture, \"{role}\" of the layout {DetectorLayoutNames.Of(outputs.Layout)} is [{string.Join(", ", shape.Select(d => d < 0 ? "any" : $"{d}"))}].");
    }
}
