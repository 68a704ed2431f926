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
        var (result, targets) = (new QuantizedMatrix[start.Count], weights.Copy());
        for (var k = 0; k < result.Length; k++)
        {
            var row = outputs.Order[k];
            var target = RowOf(targets, row);
            result[row] = rounding.Round(target, metric, start[row].Grids.Format);
            var error = ErrorMetric.Difference(target, result[row].Dequantize()).Values;
            var feedback = outputs.Feedback.Row(k);
            for (var later = k + 1; later < result.Length; later++)
            {
                var other = targets.Row(outputs.Order[later]);
                TensorPrimitives.MultiplyAdd(error, -feedback[later], other, other);
            }
        }

        return result;
    }

    private QuantizedMatrix[] Polished(QuantizedMatrix[] rows)
    {
        var errors = Errors(rows);
        for (var pass = 0; pass < Passes; pass++)
        {
            var changed = false;
            for (var i = 0; i < rows.Length; i++)
            {
                var target = Target(i, errors);
                var next = CodePolish.Run(target, metric, rows[i], PolishRounds, PolishPasses);
                if (!(metric.Error(target, next.Dequantize()) < metric.Error(target, rows[i].Dequantize()))) continue;
                (rows[i], changed) = (next, true);
                TensorPrimitives.Subtract(next.Dequantize().Values, weights.Row(i), errors.Row(i));
            }

            if (!changed) break;
        }

        return rows;
    }

    private Matrix<float> Target(int row, Matrix<float> errors)
    {
        var target = RowOf(weights, row);
        var own = outputs.Single[row, row];
        for (var j = 0; own > 0 && j < errors.Rows; j++)
        {
            if (j != row) TensorPrimitives.MultiplyAdd(errors.Row(j), -outputs.Single[row, j] / own, target.Values, target.Values);
        }

        return target;
    }

    private Matrix<float> Errors(IReadOnlyList<QuantizedMatrix> rows)
    {
        var errors = new Matrix<float>(weights.Rows, weights.Columns);
        for (var i = 0; i < rows.Count; i++) TensorPrimitives.Subtract(rows[i].Dequantize().Values, weights.Row(i), errors.Row(i));
        return errors;
    }

    private static Matrix<float> RowOf(Matrix<float> matrix, int row) => new(1, matrix.Columns, matrix.Row(row).ToArray());
}
