using System.Numerics.Tensors;
using Mlorq.Numerics;
using Mlorq.Quantization;
using Mlorq.Rounding.Adaptive;

namespace Mlorq.Rounding;

/// <summary>
/// The best scales for given codes: for each row w and its groups' level vectors b_g (zero outside the group) the least squares of
/// (w − Σ s_g b_g) C (w − Σ s_g b_g)ᵀ, a small system of one unknown per group. Its right-hand side for a change of the scales is the gradient that
/// <see cref="CoordinateDescent"/> leaves behind.
/// </summary>
internal static class ScaleRefit
{
    /// <summary>The same levels with the best scales, row by row where these, as they are stored, lower the error; and the errors of the rows that come out.</summary>
    public static (QuantizedMatrix Result, double[] Errors) Refit(Matrix<float> weights, ErrorMetric metric, QuantizedMatrix quantized)
    {
        if (weights.Rows == 1) return RefitRow(weights, metric, quantized);
        var gradient = CoordinateDescent.Gradient(weights, metric, quantized);
        var errors = metric.RowEnergies(ErrorMetric.Difference(quantized.Dequantize(), weights), gradient);
        var refitted = quantized with { Grids = Refit(metric, quantized, gradient) };
        return (RowChoice.Better(quantized, errors, refitted, metric.RowErrors(weights, refitted.Dequantize())), errors);
    }

    private static (QuantizedMatrix Result, double[] Errors) RefitRow(Matrix<float> weights, ErrorMetric metric, QuantizedMatrix row)
    {
        var products = RowProducts.Of(weights.Values, metric, row);
        var refitted = row with { Grids = Refit(row, products) };
        var errors = Errors(row);
        products.ChangeScales(row.Grids, refitted.Grids);
        return (RowChoice.Better(row, errors, refitted, Errors(refitted)), errors);

        double[] Errors(QuantizedMatrix result) => metric.RowEnergies(ErrorMetric.Difference(result.Dequantize(), weights), new Matrix<float>(1, weights.Columns, products.Gradient));
    }

    /// <summary>Grids with the best scales.</summary>
    /// <param name="metric">C.</param>
    /// <param name="quantized">Ŵ [out, in].</param>
    /// <param name="gradient">(Ŵ − W) C, [out, in].</param>
    public static GridTable Refit(ErrorMetric metric, QuantizedMatrix quantized, Matrix<float> gradient)
    {
        var (grids, levels) = (quantized.Grids, quantized.Levels());
        var grams = Grams(metric, grids, levels);
        var scales = new float[grids.Rows * grids.Groups];
        for (var i = 0; i < grids.Rows; i++)
        {
            Solve(grams[i], RightSide(grids, levels.Row(i), gradient.Row(i)), grids, i, scales);
        }

        return grids.WithScales(scales);
    }

    /// <summary>The grids of one row with the best scales.</summary>
    /// <param name="row">ŵ [1, in].</param>
    /// <param name="products">What it makes of C.</param>
    public static GridTable Refit(QuantizedMatrix row, RowProducts products)
    {
        var (grids, levels, scales) = (row.Grids, row.Levels(), new float[row.Grids.Groups]);
        var gram = new Matrix<double>(grids.Groups, grids.Groups);
        for (var g = 0; g < grids.Groups; g++)
        {
            for (var h = g; h < grids.Groups; h++) gram[h, g] = TensorPrimitives.Dot(products.Levels(g)[grids.ColumnsOf(h)], levels.Row(0)[grids.ColumnsOf(h)]);
        }

        Solve(gram, RightSide(grids, levels.Row(0), products.Gradient), grids, 0, scales);
        return grids.WithScales(scales);
    }

    private static Matrix<double> RightSide(GridTable grids, ReadOnlySpan<float> levels, ReadOnlySpan<float> gradient)
    {
        var right = new Matrix<double>(grids.Groups, 1);
        for (var g = 0; g < grids.Groups; g++) right[g, 0] = -TensorPrimitives.Dot(levels[grids.ColumnsOf(g)], gradient[grids.ColumnsOf(g)]);
        return right;
    }

    // For each row b_g C b_hᵀ, the lower triangle.
    private static Matrix<double>[] Grams(ErrorMetric metric, GridTable grids, Matrix<float> levels)
    {
        var grams = new Matrix<double>[grids.Rows];
        for (var i = 0; i < grams.Length; i++) grams[i] = new Matrix<double>(grids.Groups, grids.Groups);
        for (var g = 0; g < grids.Groups; g++)
        {
            var product = Product(metric, levels, grids.ColumnsOf(g), grids.Columns);
            for (var i = 0; i < grams.Length; i++)
            {
                for (var h = g; h < grids.Groups; h++) grams[i][h, g] = TensorPrimitives.Dot(product.Row(i)[grids.ColumnsOf(h)], levels.Row(i)[grids.ColumnsOf(h)]);
            }
        }

        return grams;
    }

    // b_g C from the group's first column on; of C only the group's rows contribute.
    private static Matrix<float> Product(ErrorMetric metric, Matrix<float> levels, Range columns, int all)
    {
        var (start, length) = columns.GetOffsetAndLength(all);
        var product = new Matrix<float>(levels.Rows, all);
        MatrixProduct.MultiplyAdd(
            1, levels.Values.AsSpan(start), all, Transposition.None, metric.Single.Values.AsSpan((start * all) + start), all, Transposition.None,
            product.Values.AsSpan(start), all, levels.Rows, all - start, length);
        return product;
    }

    private static void Solve(Matrix<double> gram, Matrix<double> right, GridTable grids, int row, float[] scales)
    {
        var groups = grids.Groups;
        var change = TrySolve(gram, right);
        for (var g = 0; g < groups; g++)
        {
            var old = grids[row, g].Scale;
            var fitted = change is null ? old : (float)(old + change[g, 0]);
            // A group whose codes say nothing (all at the zero point) keeps its scale; a sign change would turn the codes over.
            scales[(row * groups) + g] = float.IsFinite(fitted) && fitted * old > 0 ? fitted : old;
        }
    }

    // A row of zeros, or inputs that never were anything but zero, leave nothing to fit; inputs of one direction next to nothing.
    private static Matrix<double>? TrySolve(Matrix<double> gram, Matrix<double> right)
    {
        try
        {
            return RidgeSolve.Solve(gram, right, 1e-6);
        }
        catch (NotPositiveDefiniteException)
        {
            return null;
        }
    }
}
