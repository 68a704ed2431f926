using Mlorq.Numerics;
using Mlorq.Quantization;
using Mlorq.Rounding;

namespace Mlorq.Rewriting;

/// <summary>
/// Weights as <see cref="RuntimeProfile.Speed"/> multiplies with them: signed bytes and a scale for each row. Values of a row are multiplied by one factor and rounded. The factor is the
/// largest whole number that keeps them within a byte, so that rows with one scale, whose values are whole or half numbers, are exact; where it would be
/// below one (6 bits in groups, 6 and 8 bits with zero points) it is the exact quotient.
/// </summary>
internal static class SignedBytes
{
    /// <summary>The size that the largest value of a row may reach. Codes of 8 bits go down to −128, which stays exact; +128 becomes 127.</summary>
    public static int Top(BitWidth width) => width.Bits == 8 ? 128 : 127;

    /// <summary>The values [out, in] that the integer product stands for.</summary>
    public static Matrix<float> Dequantize(QuantizedMatrix matrix)
    {
        var result = new Matrix<float>(matrix.Grids.Rows, matrix.Grids.Columns);
        for (var i = 0; i < matrix.Grids.Rows; i++) DequantizeRow(matrix, i, Top(matrix.Grids.Format.BitWidth), matrix.Grids.Format.BitWidth.KernelStep, result.Row(i));
        return result;
    }

    /// <inheritdoc cref="Dequantize(QuantizedMatrix)"/>
    public static Matrix<float> Dequantize(RoundedLayer.MixedRows rounded)
    {
        var result = new Matrix<float>(rounded.IsHigh.Length, rounded.Low.Grids.Columns);
        for (var i = 0; i < rounded.IsHigh.Length; i++)
        {
            // All rows run in the 4-bit kernel's steps.
            var step = MixedRowsFunctions.Step(rounded.Of(i).Grids.Format.BitWidth);
            DequantizeRow(rounded.Of(i), i, Top(BitWidth.Four), step, result.Row(i));
        }

        return result;
    }

    private static void DequantizeRow(QuantizedMatrix matrix, int row, int top, int kernelStep, Span<float> values)
    {
        var grids = matrix.Grids;
        var largest = SpeedFunctions.Least;
        for (var j = 0; j < values.Length; j++)
        {
            var group = (row * grids.Groups) + (j / grids.GroupSize);
            var factor = grids.BlockScales.Length == 0 ? GridTable.WholeRow : grids.BlockScales[group];
            values[j] = (matrix.Codes[(row * values.Length) + j] - grids[row, j / grids.GroupSize].Zero) * kernelStep * factor / 64;
            largest = Math.Max(largest, Math.Abs(values[j]));
        }

        var quotient = top / largest;
        var times = Math.Max(MathF.Floor(quotient), Math.Min(quotient, 1));
        var scale = (float)grids.RowScales[row] / (2 * kernelStep) / times;
        for (var j = 0; j < values.Length; j++) values[j] = Math.Min(MathF.Round(values[j] * times), sbyte.MaxValue) * scale;
    }
}
