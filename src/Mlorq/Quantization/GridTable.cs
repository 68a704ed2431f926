using Mlorq.Numerics;

namespace Mlorq.Quantization;

/// <summary>
/// The grids of a whole matrix with scales and zero points as they are stored: a half-precision scale for each row, for grouped formats
/// times a signed byte for each group (s = row · byte / 128), and a stored zero point for each group where the format has them.
/// </summary>
public sealed class GridTable
{
    /// <summary>The byte that stands for "the row's own scale": s = row · 64 / 128.</summary>
    internal const sbyte WholeRow = 64;

    private readonly Grid[] _grids;

    private GridTable(WeightFormat format, int rows, int columns)
    {
        Format = format;
        Rows = rows;
        Columns = columns;
        Groups = format.Groups(columns);
        GroupSize = format.GroupSize(columns);
        RowScales = new Half[rows];
        BlockScales = format.Granularity.IsPerOutputChannel ? [] : new sbyte[rows * Groups];
        Zeros = format.Symmetry == Symmetry.Asymmetric ? new byte[rows * Groups] : [];
        _grids = new Grid[rows * Groups];
    }

    /// <summary>The format.</summary>
    public WeightFormat Format { get; }

    /// <summary>Output features.</summary>
    public int Rows { get; }

    /// <summary>Input features.</summary>
    public int Columns { get; }

    /// <summary>Groups per row.</summary>
    public int Groups { get; }

    /// <summary>Weights per group; the last of a row may be shorter.</summary>
    public int GroupSize { get; }

    /// <summary>A scale for each row.</summary>
    public Half[] RowScales { get; }

    /// <summary>A factor for each group [rows, groups]; empty for whole rows.</summary>
    public sbyte[] BlockScales { get; }

    /// <summary>Stored zero points [rows, groups]; empty for symmetric formats.</summary>
    public byte[] Zeros { get; }

    /// <summary>The grid of one group, exactly as the stored numbers give it.</summary>
    public Grid this[int row, int group] => _grids[(row * Groups) + group];

    /// <summary>The columns of a group.</summary>
    internal Range ColumnsOf(int group)
    {
        var (start, end) = SpanOf(0, group);
        return start..end;
    }

    /// <summary>Where a group of a row begins and ends among values [rows, columns].</summary>
    internal (int Start, int End) SpanOf(int row, int group) => ((row * Columns) + (group * GroupSize), (row * Columns) + Math.Min(Columns, (group + 1) * GroupSize));

    /// <summary>Searches the best grid of every group on its own, then rounds scales to what is stored.</summary>
    /// <param name="weights">[out, in].</param>
    /// <param name="importance">A weight ≥ 0 for the squared error in each column.</param>
    /// <param name="format">The format.</param>
    public static GridTable Search(Matrix<float> weights, float[] importance, WeightFormat format) => Search(weights, _ => importance, format);

    /// <summary>Searches the best grid of every group in a metric, then rounds scales to what is stored.</summary>
    public static GridTable Search(Matrix<float> weights, ErrorMetric metric, WeightFormat format) => Search(
        weights,
        row => metric.Elements is { } elements ? elements.Row(row).ToArray() : metric.Diagonal,
        format);

    private static GridTable Search(Matrix<float> weights, Func<int, float[]> importanceOf, WeightFormat format)
    {
        var table = new GridTable(format, weights.Rows, weights.Columns);
        var wanted = new Grid[table.Groups];
        for (var i = 0; i < weights.Rows; i++)
        {
            var importance = importanceOf(i);
            for (var g = 0; g < table.Groups; g++)
            {
                var columns = table.ColumnsOf(g);
                wanted[g] = GridSearch.Best(weights.Row(i)[columns], importance.AsSpan(columns), format.BitWidth, format.Symmetry);
            }

            table.Store(i, wanted);
        }

        return table;
    }

    /// <summary>The same zero points with other scales [rows, groups], rounded to what is stored.</summary>
    public GridTable WithScales(ReadOnlySpan<float> scales)
    {
        var table = new GridTable(Format, Rows, Columns);
        var wanted = new Grid[Groups];
        for (var i = 0; i < Rows; i++)
        {
            for (var g = 0; g < Groups; g++) wanted[g] = this[i, g] with { Scale = scales[(i * Groups) + g] };
            table.Store(i, wanted);
        }

        return table;
    }

    /// <summary>The grids of one row.</summary>
    internal GridTable RowAt(int row) => Stored(
        Format, 1, Columns, [RowScales[row]], BlockScales.Length == 0 ? [] : BlockScales[(row * Groups)..((row + 1) * Groups)], Zeros.Length == 0 ? [] : Zeros[(row * Groups)..((row + 1) * Groups)]);

    /// <summary>The grids with those of some rows replaced, each by a table of one row.</summary>
    internal GridTable WithRows(IReadOnlyDictionary<int, GridTable> rows)
    {
        var (rowScales, blockScales, zeros) = ((Half[])RowScales.Clone(), (sbyte[])BlockScales.Clone(), (byte[])Zeros.Clone());
        foreach (var (row, table) in rows)
        {
            rowScales[row] = table.RowScales[0];
            Array.Copy(table.BlockScales, 0, blockScales, row * table.BlockScales.Length, table.BlockScales.Length);
            Array.Copy(table.Zeros, 0, zeros, row * table.Zeros.Length, table.Zeros.Length);
        }

        return Stored(Format, Rows, Columns, rowScales, blockScales, zeros);
    }

    /// <summary>The grids that stored numbers give.</summary>
    /// <exception cref="ArgumentException">There are more or fewer numbers than the format has.</exception>
    internal static GridTable Stored(WeightFormat format, int rows, int columns, Half[] rowScales, sbyte[] blockScales, byte[] zeros)
    {
        var table = new GridTable(format, rows, columns);
        if (rowScales.Length != table.RowScales.Length || blockScales.Length != table.BlockScales.Length || zeros.Length != table.Zeros.Length)
        {
            throw new ArgumentException($"{rowScales.Length} row scales, {blockScales.Length} block scales and {zeros.Length} zero points are not those of {format} for [{rows}, {columns}].");
        }

        rowScales.CopyTo(table.RowScales, 0);
        blockScales.CopyTo(table.BlockScales, 0);
        zeros.CopyTo(table.Zeros, 0);
        for (var i = 0; i < table._grids.Length; i++)
        {
            var factor = blockScales.Length == 0 ? WholeRow : blockScales[i];
            var zero = zeros.Length == 0 ? format.BitWidth.SymmetricZero : format.BitWidth.ZeroOf(zeros[i]);
            table._grids[i] = new Grid((float)rowScales[i / table.Groups] * factor / 128, (float)zero);
        }

        return table;
    }

    // The largest number where there is none so large: all values of an infinite scale would be lost.
    private static Half ToHalf(float scale) => (Half)Math.Clamp(scale, (float)Half.MinValue, (float)Half.MaxValue);

    private void Store(int row, ReadOnlySpan<Grid> wanted)
    {
        float largest = 0;
        foreach (var grid in wanted) largest = Math.Max(largest, Math.Abs(grid.Scale));
        var whole = Format.Granularity.IsPerOutputChannel;
        RowScales[row] = ToHalf(whole ? wanted[0].Scale * 2 : largest * 128 / 127);
        for (var g = 0; g < Groups; g++)
        {
            var index = (row * Groups) + g;
            var rowScale = (float)RowScales[row];
            var factor = WholeRow;
            if (!whole)
            {
                factor = rowScale == 0 ? (sbyte)0 : (sbyte)Math.Clamp(MathF.Round(wanted[g].Scale / rowScale * 128), -127, 127);
                BlockScales[index] = factor;
            }

            if (Zeros.Length > 0) Zeros[index] = (byte)Format.BitWidth.StoredZeroNear(wanted[g].Zero);
            _grids[index] = new Grid(rowScale * factor / 128, wanted[g].Zero);
        }
    }
}
