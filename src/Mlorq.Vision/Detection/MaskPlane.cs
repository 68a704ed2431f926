using Mlorq.Onnx.Graphs;

namespace Mlorq.Vision;

/// <summary>Values of a mask on a grid.</summary>
/// <param name="Values">A float tensor, which holds the planes of all objects.</param>
/// <param name="Index">Which of its planes.</param>
/// <param name="Threshold">Above it is inside of the object.</param>
/// <param name="CoversPicture">Whether the grid is stretched over the whole picture, not over the object's box.</param>
internal readonly record struct MaskPlane(Tensor Values, int Index, float Threshold, bool CoversPicture)
{
    /// <summary>Values from 0 to 1: over the whole picture where they have the size of the prepared one, and else over the box.</summary>
    public static MaskPlane OfProbabilities(Tensor values, int index, PictureSize prepared) =>
        new(values, index, 0.5f, new PictureSize((int)values.Shape[^1], (int)values.Shape[^2]) == prepared);

    /// <summary>Logits over the whole picture.</summary>
    public static MaskPlane OfLogits(Tensor values, int index) => new(values, index, 0, CoversPicture: true);

    private int Height => (int)Values.Shape[^2];

    private int Width => (int)Values.Shape[^1];

    /// <summary>The pixels of the picture that are inside: those between grid points get their values by bilinear interpolation.</summary>
    /// <param name="size">Of the picture.</param>
    /// <param name="region">What part of the picture the grid is stretched over; outside of it nothing is inside.</param>
    public RunLengthMask ToMask(PictureSize size, Box region)
    {
        var (columns, rows) = (Places(size.Width, region.X, region.Width, Width), Places(size.Height, region.Y, region.Height, Height));
        var (values, start, width, threshold) = (Values, Index * Height * Width, Width, Threshold);
        return RunLengthMask.FromPixels(size, (x, y) => columns[x] is { } column && rows[y] is { } row && Value(values.Floats.Slice(start), width, column, row) > threshold);
    }

    private static float Value(ReadOnlySpan<float> values, int width, Place column, Place row)
    {
        float Along(ReadOnlySpan<float> line) => line[column.From] + (column.Share * (line[column.To] - line[column.From]));
        var above = Along(values.Slice(row.From * width, width));
        return above + (row.Share * (Along(values.Slice(row.To * width, width)) - above));
    }

    // Between which grid points the middle of each pixel lies; null where that is outside.
    private static Place?[] Places(int pixels, double start, double length, int grid)
    {
        var places = new Place?[pixels];
        for (var i = 0; i < pixels; i++)
        {
            var share = (i + 0.5 - start) / length;
            if (!(share >= 0 && share <= 1)) continue;
            var position = Math.Clamp((share * grid) - 0.5, 0, grid - 1);
            var from = (int)position;
            places[i] = new Place(from, Math.Min(from + 1, grid - 1), (float)(position - from));
        }

        return places;
    }

    private readonly record struct Place(int From, int To, float Share);
}
