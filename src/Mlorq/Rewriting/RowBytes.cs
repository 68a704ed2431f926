using Mlorq.Onnx.Graphs;

namespace Mlorq.Rewriting;

/// <summary>Conversions without a search: to half precision, and to signed bytes with a scale for each row.</summary>
internal static class RowBytes
{
    public static Tensor ToHalf(Tensor original)
    {
        var floats = original.Floats;
        var halves = new Half[floats.Length];
        for (var i = 0; i < halves.Length; i++) halves[i] = (Half)floats[i];
        return Tensor.Of(halves, [.. original.Shape]);
    }

    public static (Tensor Codes, Tensor Scales) Of(ReadOnlySpan<float> values, long[] scaleShape, IReadOnlyList<long> shape)
    {
        var scales = new Half[Tensor.CountElements(scaleShape)];
        var codes = new byte[values.Length];
        var length = values.Length / Math.Max(1, scales.Length);
        for (var row = 0; row < scales.Length; row++)
        {
            float largest = 0;
            for (var j = 0; j < length; j++) largest = Math.Max(largest, Math.Abs(values[(row * length) + j]));
            scales[row] = (Half)(largest / 127);
            var scale = (float)scales[row];
            for (var j = 0; j < length; j++)
            {
                var code = scale == 0 ? 0 : Math.Clamp(MathF.Round(values[(row * length) + j] / scale), -127, 127);
                codes[(row * length) + j] = unchecked((byte)(sbyte)code);
            }
        }

        return (new Tensor(ElementType.Int8, shape, codes), Tensor.Of(scales, scaleShape));
    }

    /// <summary>The values that the stored form gives back.</summary>
    public static float[] Restore(Tensor codes, Tensor scales)
    {
        var result = new float[codes.Count];
        var length = (int)(codes.Count / Math.Max(1, scales.Count));
        var (bytes, halves) = (codes.Bytes.Span.ToArray(), scales.Halves.ToArray());
        for (var i = 0; i < result.Length; i++) result[i] = unchecked((sbyte)bytes[i]) * (float)halves[i / length];
        return result;
    }

    /// <summary>The values that a row has after it was stored as bytes.</summary>
    public static float[] Restored(ReadOnlySpan<float> row)
    {
        var (codes, scale) = Of(row, [1], [row.Length]);
        return Restore(codes, scale);
    }

    /// <summary>The values that a tensor has after it was stored as bytes.</summary>
    public static float[] Restored(Tensor original, long[] scaleShape)
    {
        var (codes, scales) = Of(original.Floats, scaleShape, original.Shape);
        return Restore(codes, scales);
    }
}
