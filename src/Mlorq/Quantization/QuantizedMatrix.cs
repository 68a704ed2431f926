using System.Runtime.Intrinsics;
using Mlorq.Numerics;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace Mlorq.Quantization;

/// <summary>A matrix [out, in] in a low-bit format: a code for each weight and the grids that give codes their values.</summary>
/// <param name="Grids">The grids.</param>
/// <param name="Codes">The levels [out, in], one in each byte, not padded; of trellis-coded widths those of paths through the trellis.</param>
public sealed record QuantizedMatrix(GridTable Grids, byte[] Codes)
{
    /// <summary>Every weight at its nearest level, or every row at the nearest path through the trellis.</summary>
    public static QuantizedMatrix Nearest(Matrix<float> weights, GridTable grids)
    {
        var codes = new byte[weights.Values.Length];
        var levels = grids.Format.BitWidth.Levels;
        for (var i = 0; i < weights.Rows; i++)
        {
            var row = i;
            var target = codes.AsSpan(i * weights.Columns, weights.Columns);
            if (grids.Format.BitWidth.IsTrellis) Trellis.Nearest(weights.Row(i), GridOf, levels, target);
            else for (var j = 0; j < target.Length; j++) target[j] = (byte)GridOf(j).Nearest(weights[i, j], levels);

            Grid GridOf(int column) => grids[row, column / grids.GroupSize];
        }

        return new QuantizedMatrix(grids, codes);
    }

    /// <summary>The values [out, in], exactly those that the kernel multiplies with.</summary>
    public Matrix<float> Dequantize()
    {
        var result = new Matrix<float>(Grids.Rows, Grids.Columns);
        for (var i = 0; i < Grids.Rows; i++) DequantizeRow(i, result.Row(i));
        return result;
    }

    /// <summary>The levels, codes less zero points, [out, in]: times the scales of their groups they are the values.</summary>
    internal Matrix<float> Levels()
    {
        var result = new Matrix<float>(Grids.Rows, Grids.Columns);
        for (var i = 0; i < Grids.Rows; i++) LevelsOfRow(i, result.Row(i));
        return result;
    }

    /// <summary>One row as a matrix of its own, [1, in].</summary>
    internal QuantizedMatrix RowAt(int row) => new(Grids.RowAt(row), Codes[(row * Grids.Columns)..((row + 1) * Grids.Columns)]);

    /// <summary>The matrix with some of its rows replaced, each by a matrix [1, in] of the same format.</summary>
    internal QuantizedMatrix WithRows(IReadOnlyDictionary<int, QuantizedMatrix> rows)
    {
        var codes = (byte[])Codes.Clone();
        foreach (var (row, value) in rows) value.Codes.CopyTo(codes, row * Grids.Columns);
        return new QuantizedMatrix(Grids.WithRows(rows.ToDictionary(r => r.Key, r => r.Value.Grids)), codes);
    }

    /// <summary>The codes of one row.</summary>
    internal void CodesOfRow(int row, Span<float> codes) => ToFloats(Codes.AsSpan(row * Grids.Columns, Grids.Columns), codes);

    /// <summary>The values of one row.</summary>
    internal void DequantizeRow(int row, Span<float> values)
    {
        // As Grid.Value does, a group at a time.
        LevelsOfRow(row, values);
        for (var g = 0; g < Grids.Groups; g++)
        {
            var group = values[Grids.ColumnsOf(g)];
            TensorPrimitives.Multiply(group, Grids[row, g].Scale, group);
        }
    }

    private void LevelsOfRow(int row, Span<float> levels)
    {
        CodesOfRow(row, levels);
        for (var g = 0; g < Grids.Groups; g++)
        {
            var group = levels[Grids.ColumnsOf(g)];
            TensorPrimitives.Subtract(group, Grids[row, g].Zero, group);
        }
    }

    private static void ToFloats(ReadOnlySpan<byte> codes, Span<float> values)
    {
        var j = 0;
        for (; j <= codes.Length - Vector128<byte>.Count; j += Vector128<byte>.Count)
        {
            var (low, high) = Vector128.Widen(Vector128.Create(codes[j..]));
            var (first, second) = Vector128.Widen(low);
            var (third, fourth) = Vector128.Widen(high);
            Vector128.ConvertToSingle(first.AsInt32()).CopyTo(values[j..]);
            Vector128.ConvertToSingle(second.AsInt32()).CopyTo(values[(j + 4)..]);
            Vector128.ConvertToSingle(third.AsInt32()).CopyTo(values[(j + 8)..]);
            Vector128.ConvertToSingle(fourth.AsInt32()).CopyTo(values[(j + 12)..]);
        }

        for (; j < codes.Length; j++) values[j] = codes[j];
    }
}
