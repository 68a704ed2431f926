using Mlorq.Numerics;

namespace Mlorq.Quantization;

/// <summary>A matrix [out, in] in a low-bit format: a code for each weight and the grids that give codes their values.</summary>
/// <param name="Grids">The grids.</param>
/// <param name="Codes">Codes [out, in], one in each byte, not padded.</param>
public sealed record QuantizedMatrix(GridTable Grids, byte[] Codes)
{
    /// <summary>Every weight at its nearest level.</summary>
    public static QuantizedMatrix Nearest(Matrix<float> weights, GridTable grids)
    {
        var codes = new byte[weights.Values.Length];
        var levels = grids.Format.BitWidth.Levels;
        for (var i = 0; i < weights.Rows; i++)
        {
            for (var j = 0; j < weights.Columns; j++)
            {
                codes[(i * weights.Columns) + j] = (byte)grids[i, j / grids.GroupSize].Nearest(weights[i, j], levels);
            }
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

    /// <summary>One row as a matrix of its own, [1, in].</summary>
    internal QuantizedMatrix RowAt(int row) => new(Grids.RowAt(row), Codes[(row * Grids.Columns)..((row + 1) * Grids.Columns)]);

    /// <summary>The matrix with some of its rows replaced, each by a matrix [1, in] of the same format.</summary>
    internal QuantizedMatrix WithRows(IReadOnlyDictionary<int, QuantizedMatrix> rows)
    {
        var codes = (byte[])Codes.Clone();
        foreach (var (row, value) in rows) value.Codes.CopyTo(codes, row * Grids.Columns);
        return new QuantizedMatrix(Grids.WithRows(rows.ToDictionary(r => r.Key, r => r.Value.Grids)), codes);
    }

    /// <summary>The values of one row.</summary>
    internal void DequantizeRow(int row, Span<float> values)
    {
        for (var g = 0; g < Grids.Groups; g++)
        {
            var grid = Grids[row, g];
            var end = Math.Min(Grids.Columns, (g + 1) * Grids.GroupSize);
            for (var j = g * Grids.GroupSize; j < end; j++) values[j] = grid.Value(Codes[(row * Grids.Columns) + j]);
        }
    }
}
