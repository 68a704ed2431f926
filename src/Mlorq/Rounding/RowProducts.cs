using Mlorq.Numerics;
using Mlorq.Quantization;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace Mlorq.Rounding;

/// <summary>
/// What one row makes of C while it is polished: its gradient, and the products of its groups' levels. Kept up to date they tell what new scales and codes change, where a look at all of C
/// takes longer than all else: for 3,072 columns it has 37 MB.
/// </summary>
internal sealed class RowProducts
{
    private readonly Memory<float> _levels;

    private RowProducts(float[] gradient, Memory<float> levels) => (Gradient, _levels) = (gradient, levels);

    /// <summary>(ŵ − w) C, [in].</summary>
    public float[] Gradient { get; }

    /// <summary>b_g C, [in], of the levels b_g of one group, which are zero outside of it.</summary>
    public ReadOnlySpan<float> Levels(int group) => _levels.Span.Slice(group * Gradient.Length, Gradient.Length);

    /// <summary>The products of a row, in one pass over C.</summary>
    /// <param name="weights">w, [in].</param>
    /// <param name="metric">C.</param>
    /// <param name="row">ŵ, [1, in].</param>
    public static RowProducts Of(ReadOnlySpan<float> weights, ErrorMetric metric, QuantizedMatrix row)
    {
        var (columns, groupSize) = (row.Grids.Columns, row.Grids.GroupSize);
        var (levels, values) = (row.Levels(), row.Dequantize());
        var (gradient, products) = (new float[columns], new float[row.Grids.Groups * columns]);
        for (var j = 0; j < columns; j++)
        {
            var moments = metric.Single.Row(j);
            var ofGroup = products.AsSpan(j / groupSize * columns, columns);
            if (values[0, j] != weights[j]) TensorPrimitives.MultiplyAdd(moments, values[0, j] - weights[j], gradient, gradient);
            if (levels[0, j] != 0) TensorPrimitives.MultiplyAdd(moments, levels[0, j], ofGroup, ofGroup);
        }

        return new RowProducts(gradient, products);
    }

    /// <summary>The products of many rows' levels: products of matrices, which look at C once for all of them. Gradients are left at zero, for the caller to fill in.</summary>
    /// <param name="metric">C.</param>
    /// <param name="rows">Each [1, in], in any format.</param>
    public static RowProducts[] OfLevels(ErrorMetric metric, IReadOnlyList<QuantizedMatrix> rows)
    {
        var result = new RowProducts[rows.Count];
        foreach (var alike in Enumerable.Range(0, rows.Count).GroupBy(r => rows[r].Grids.GroupSize))
        {
            var members = alike.ToArray();
            var grids = rows[members[0]].Grids;
            var (columns, length) = (grids.Columns, grids.Groups * grids.Columns);
            var levels = new Matrix<float>(members.Length, columns);
            for (var m = 0; m < members.Length; m++) rows[members[m]].Levels().Values.CopyTo(levels.Row(m));
            var products = new float[members.Length * length];
            for (var g = 0; g < grids.Groups; g++)
            {
                var (start, size) = grids.ColumnsOf(g).GetOffsetAndLength(columns);
                MatrixProduct.MultiplyAdd(
                    1, levels.Values.AsSpan(start), columns, Transposition.None, metric.Single.Values.AsSpan(start * columns), columns, Transposition.None,
                    products.AsSpan(g * columns), length, members.Length, columns, size);
            }

            for (var m = 0; m < members.Length; m++) result[members[m]] = new RowProducts(new float[columns], products.AsMemory(m * length, length));
        }

        return result;
    }

    /// <summary>The code of a column has changed.</summary>
    /// <param name="metric">C.</param>
    /// <param name="column">The column.</param>
    /// <param name="group">The group that it is in.</param>
    /// <param name="levels">By how many levels.</param>
    /// <param name="scale">The group's scale.</param>
    public void ChangeCode(ErrorMetric metric, int column, int group, int levels, float scale)
    {
        var moments = metric.Single.Row(column);
        var ofGroup = _levels.Span.Slice(group * Gradient.Length, Gradient.Length);
        TensorPrimitives.MultiplyAdd(moments, levels * scale, Gradient, Gradient);
        TensorPrimitives.MultiplyAdd(moments, levels, ofGroup, ofGroup);
    }

    /// <summary>Scales have changed, codes and zero points have not.</summary>
    public void ChangeScales(GridTable before, GridTable after)
    {
        for (var g = 0; g < before.Groups; g++)
        {
            var change = after[0, g].Scale - before[0, g].Scale;
            if (change != 0) TensorPrimitives.MultiplyAdd(Levels(g), change, Gradient, Gradient);
        }
    }
}
