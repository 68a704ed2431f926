using Mlorq.Numerics;
using Mlorq.Onnx.Graphs;

namespace Mlorq.Tuning;

/// <summary>
/// Pictures like the calibration pictures: a random part of one, between half of its area and all of it, stretched to its size (bilinear), every
/// second one mirrored. The original model says what its outputs should be, so no label is needed.
/// </summary>
internal static class PictureVariation
{
    private const double SmallestArea = 0.5;
    private const double LogAspect = 0.2;

    /// <summary>Whether a model's only input is a batch of pictures: float [N, 1 or 3, height, width].</summary>
    public static bool Fits(Model model) =>
        model.Graph.Inputs is [{ Type: ElementType.Float, Shape: { Count: 4 } shape }] && shape[1] is 1 or 3;

    /// <summary>Varies every picture of a batch.</summary>
    public static IReadOnlyDictionary<string, Tensor> Of(IReadOnlyDictionary<string, Tensor> batch, ulong seed) =>
        batch.ToDictionary(input => input.Key, input => Of(input.Value, seed));

    private static Tensor Of(Tensor pictures, ulong seed)
    {
        var (planes, height, width) = ((int)pictures.Shape[1], (int)pictures.Shape[2], (int)pictures.Shape[3]);
        var random = new UniformSequence(seed);
        var result = new float[pictures.Count];
        var size = planes * height * width;
        for (var n = 0; n < pictures.Shape[0]; n++)
        {
            var (rows, columns) = Part(ref random, height, width);
            for (var plane = 0; plane < planes; plane++)
            {
                var start = (n * size) + (plane * height * width);
                Stretch(pictures.Floats.Slice(start, height * width), result.AsSpan(start, height * width), rows, columns);
            }
        }

        return Tensor.Of(result.AsSpan(), [.. pictures.Shape]);
    }

    private static (Sample[] Rows, Sample[] Columns) Part(ref UniformSequence random, int height, int width)
    {
        var (area, aspect) = (random.Next(SmallestArea, 1), Math.Exp(random.Next(-LogAspect, LogAspect)));
        var (tall, wide) = (Math.Min(1, Math.Sqrt(area / aspect)), Math.Min(1, Math.Sqrt(area * aspect)));
        var (top, left) = (random.Next() * (1 - tall) * height, random.Next() * (1 - wide) * width);
        var columns = Samples(width, left, wide);
        if (random.Next() < 0.5) Array.Reverse(columns);
        return (Samples(height, top, tall), columns);
    }

    private static Sample[] Samples(int length, double start, double share)
    {
        var result = new Sample[length];
        for (var i = 0; i < length; i++)
        {
            var at = Math.Clamp(start + ((i + 0.5) * share) - 0.5, 0, length - 1);
            result[i] = new Sample((int)at, Math.Min(length - 1, (int)at + 1), (float)(at - (int)at));
        }

        return result;
    }

    private static void Stretch(ReadOnlySpan<float> from, Span<float> to, Sample[] rows, Sample[] columns)
    {
        for (var i = 0; i < rows.Length; i++)
        {
            var upper = from.Slice(rows[i].First * columns.Length, columns.Length);
            var lower = from.Slice(rows[i].Second * columns.Length, columns.Length);
            for (var j = 0; j < columns.Length; j++)
            {
                var (first, second, share) = columns[j];
                var above = upper[first] + (share * (upper[second] - upper[first]));
                var below = lower[first] + (share * (lower[second] - lower[first]));
                to[(i * columns.Length) + j] = above + (rows[i].Share * (below - above));
            }
        }
    }

    // A value between two neighbours.
    private readonly record struct Sample(int First, int Second, float Share);
}
