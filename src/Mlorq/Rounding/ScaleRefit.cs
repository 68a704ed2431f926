using System.Numerics.Tensors;
using Mlorq.Numerics;
using Mlorq.Quantization;

namespace Mlorq.Rounding;

/// <summary>
/// The best scales for given codes: for each row w and its groups' level vectors b_g (zero outside the group) the least squares of
/// (w − Σ s_g b_g) C (w − Σ s_g b_g)ᵀ, a small system of one unknown per group.
/// </summary>
internal static class ScaleRefit
{
    public static GridTable Refit(Matrix<float> weights, ErrorMetric metric, QuantizedMatrix quantized)
    {
        var grids = quantized.Grids;
        var groups = grids.Groups;
        var scales = new float[weights.Rows * groups];
        // W C for the right-hand sides of all rows at once.
        var weighted = metric.Product(weights);
        var levels = new float[weights.Columns];
        var product = new float[weights.Columns];
        for (var i = 0; i < weights.Rows; i++)
        {
            FillLevels(quantized, i, levels);
            var gram = new Matrix<double>(groups, groups);
            var right = new Matrix<double>(groups, 1);
            for (var g = 0; g < groups; g++)
            {
                var (start, end) = (g * grids.GroupSize, Math.Min(grids.Columns, (g + 1) * grids.GroupSize));
                right[g, 0] = TensorPrimitives.Dot<float>(levels.AsSpan(start..end), weighted.Row(i)[start..end]);
                // b_g C, of which only this group's rows of C contribute.
                Array.Clear(product);
                for (var j = start; j < end; j++)
                {
                    if (levels[j] != 0) TensorPrimitives.MultiplyAdd(metric.Single.Row(j), levels[j], product, product);
                }

                for (var h = 0; h < groups; h++)
                {
                    var (from, to) = (h * grids.GroupSize, Math.Min(grids.Columns, (h + 1) * grids.GroupSize));
                    gram[g, h] = TensorPrimitives.Dot(product.AsSpan(from..to), levels.AsSpan(from..to));
                }
            }

            Solve(gram, right, grids, i, scales);
        }

        return grids.WithScales(scales);
    }

    private static void FillLevels(QuantizedMatrix quantized, int row, float[] levels)
    {
        var grids = quantized.Grids;
        for (var j = 0; j < levels.Length; j++)
        {
            levels[j] = quantized.Codes[(row * grids.Columns) + j] - grids[row, j / grids.GroupSize].Zero;
        }
    }

    private static void Solve(Matrix<double> gram, Matrix<double> right, GridTable grids, int row, float[] scales)
    {
        var groups = grids.Groups;
        var solution = TrySolve(gram, right);
        for (var g = 0; g < groups; g++)
        {
            var old = grids[row, g].Scale;
            var fitted = solution is null ? old : (float)solution[g, 0];
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
