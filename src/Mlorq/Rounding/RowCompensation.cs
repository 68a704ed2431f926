using Mlorq.Numerics;
using Mlorq.Quantization;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace Mlorq.Rounding;

/// <summary>
/// Rows of a matrix make up for each other's errors: the error tr(G E C Eᵀ) with all of G, where rounding of one row after the other by itself knows its diagonal. Row after row is
/// rounded and its error passed on to the rows not yet rounded, through the Cholesky factor of G⁻¹, just as within a row columns do it
/// (<see cref="CompensatedRounding"/>); so the two-sided recursion of YAQA (Tseng et al., 2025) for a Kronecker-factored Hessian. Then each row is polished once more, while all
/// others stay: with them fixed, the best row is W_i − Σ_{j≠i} G_ij E_j / G_ii rounded in C.
/// </summary>
/// <param name="weights">W [out, in].</param>
/// <param name="metric">C.</param>
/// <param name="outputs">G, as a metric of its columns.</param>
/// <param name="rounding">How a row is rounded.</param>
internal sealed class RowCompensation(Matrix<float> weights, ErrorMetric metric, ErrorMetric outputs, IWeightRounding rounding)
{
    // What a block of rows makes of all others is one product of matrices.
    private const int BlockRows = 32;
    private const int Passes = 2;
    private const int PolishRounds = 2;
    private const int PolishPasses = 4;

    /// <summary>Rows [1, in] whose error is no larger than that of those given.</summary>
    /// <param name="start">Rows that were rounded without regard to each other.</param>
    /// <param name="isLearned">Whether more work went into them than into a rounding by the recursion, so that they may be the better ones to go on from.</param>
    public QuantizedMatrix[] Improve(IReadOnlyList<QuantizedMatrix> start, bool isLearned = false)
    {
        var recursion = Polished(Recursion(start));
        var kept = isLearned ? Polished([.. start]) : [.. start];
        return Error(recursion) < Error(kept) ? recursion : kept;
    }

    /// <summary>tr(G E C Eᵀ), E = Ŵ − W.</summary>
    public double Error(IReadOnlyList<QuantizedMatrix> rows)
    {
        var errors = Errors(rows);
        var (inputs, sums) = (metric.Product(errors), MatrixProduct.Multiply(outputs.Single, errors));
        double sum = 0;
        for (var i = 0; i < inputs.Values.Length; i++) sum += (double)inputs.Values[i] * sums.Values[i];
        return sum;
    }

    private QuantizedMatrix[] Recursion(IReadOnlyList<QuantizedMatrix> start)
    {
        var (result, order) = (new QuantizedMatrix[start.Count], outputs.Order);
        var (targets, errors) = (InOrder(weights), new Matrix<float>(weights.Rows, weights.Columns));
        for (var first = 0; first < result.Length; first += BlockRows)
        {
            var end = Math.Min(first + BlockRows, result.Length);
            for (var k = first; k < end; k++)
            {
                var target = RowOf(targets, k);
                result[order[k]] = rounding.Round(target, metric, start[order[k]].Grids.Format);
                TensorPrimitives.Subtract(target.Values, result[order[k]].Dequantize().Values, errors.Row(k));
                for (var later = k + 1; later < end; later++) AddScaled(errors.Row(k), -outputs.Feedback[k, later], targets.Row(later));
            }

            if (end == result.Length) break;
            var (size, columns) = (outputs.Feedback.Columns, weights.Columns);
            MatrixProduct.MultiplyAdd(
                -1, outputs.Feedback.Values.AsSpan((first * size) + end), size, Transposition.Transposed, errors.Values.AsSpan(first * columns), columns, Transposition.None,
                targets.Values.AsSpan(end * columns), columns, result.Length - end, columns, end - first);
        }

        return result;
    }

    private QuantizedMatrix[] Polished(QuantizedMatrix[] rows)
    {
        var products = metric.Product(Errors(rows));
        for (var pass = 0; pass < Passes; pass++)
        {
            var changed = false;
            for (var first = 0; first < rows.Length; first += BlockRows) changed |= PolishBlock(rows, products, first, Math.Min(BlockRows, rows.Length - first));
            if (!changed) break;
        }

        return rows;
    }

    // The products are E C. With target T = W_i − Σ_{j≠i} G_ij E_j / G_ii the gradient (Ŵ_i − T) C is Σ_j G_ij (E C)_j / G_ii, so no row has to be multiplied with C again.
    private bool PolishBlock(QuantizedMatrix[] rows, Matrix<float> products, int first, int count)
    {
        var (changed, size, columns) = (false, outputs.Single.Columns, weights.Columns);
        var sums = new Matrix<float>(count, columns);
        MatrixProduct.MultiplyAdd(
            1, outputs.Single.Values.AsSpan(first * size), size, Transposition.None, products.Values, columns, Transposition.None, sums.Values, columns, count, columns, size);
        var ofRows = RowProducts.OfLevels(metric, rows[first..(first + count)]);
        for (var r = 0; r < count; r++)
        {
            var (i, own, gradient) = (first + r, outputs.Single[first + r, first + r], ofRows[r].Gradient);
            if (own > 0) TensorPrimitives.Divide(sums.Row(r), own, gradient);
            else products.Row(i).CopyTo(gradient);
            var change = gradient.ToArray();
            var (next, gain) = CodePolish.Run(metric, rows[i], ofRows[r], PolishRounds, PolishPasses);
            if (!(gain < 0)) continue;
            (rows[i], changed) = (next, true);
            TensorPrimitives.Subtract(gradient, change, change);
            AddScaled(change, 1, products.Row(i));
            for (var later = r + 1; later < count; later++) AddScaled(change, outputs.Single[first + later, i], sums.Row(later));
        }

        return changed;
    }

    private static void AddScaled(ReadOnlySpan<float> values, float factor, Span<float> sums) => TensorPrimitives.MultiplyAdd(values, factor, sums, sums);

    private Matrix<float> InOrder(Matrix<float> matrix)
    {
        var result = new Matrix<float>(matrix.Rows, matrix.Columns);
        for (var k = 0; k < matrix.Rows; k++) matrix.Row(outputs.Order[k]).CopyTo(result.Row(k));
        return result;
    }

    private Matrix<float> Errors(IReadOnlyList<QuantizedMatrix> rows)
    {
        var errors = new Matrix<float>(weights.Rows, weights.Columns);
        for (var i = 0; i < rows.Count; i++) TensorPrimitives.Subtract(rows[i].Dequantize().Values, weights.Row(i), errors.Row(i));
        return errors;
    }

    private static Matrix<float> RowOf(Matrix<float> matrix, int row) => new(1, matrix.Columns, matrix.Row(row).ToArray());
}
