using System.Numerics.Tensors;
using Mlorq.Numerics;
using Mlorq.Quantization;

namespace Mlorq.Rounding.Adaptive;

/// <summary>Soft rounding of whole matrices. Rows do not depend on each other, so that they are learned in blocks that stay in the cache.</summary>
internal static class DenseLearning
{
    private const int BlockRows = 48;

    /// <summary>One run of soft rounding from a result to another, which may be worse.</summary>
    public static QuantizedMatrix Learn(
        Matrix<float> weights, ErrorMetric metric, QuantizedMatrix start, int[] rows, int steps, AdaptiveOptions options, CancellationToken cancellation)
    {
        var codes = (byte[])start.Codes.Clone();
        var scales = RowChoice.Scales(start.Grids);
        foreach (var block in rows.Chunk(BlockRows))
        {
            var (soft, errors) = Begin(weights, metric, start, block, options);
            var targets = Gather(weights, block);
            for (var step = 0; step < steps; step++)
            {
                cancellation.ThrowIfCancellationRequested();
                TensorPrimitives.Subtract(soft.Values, targets, errors);
                MultiplyByMoments(errors, block.Length, metric, soft.Gradient);
                soft.Step(Annealing.Exponent(step, steps));
            }

            soft.Harden(codes, scales);
        }

        return new QuantizedMatrix(LearnsScales(options) ? start.Grids.WithScales(scales) : start.Grids, codes);
    }

    private static (SoftMatrix Soft, float[] Errors) Begin(Matrix<float> weights, ErrorMetric metric, QuantizedMatrix start, int[] rows, AdaptiveOptions options)
    {
        var errors = new float[SoftMatrix.PaddedLength(rows.Length, weights.Columns)];
        for (var i = 0; i < rows.Length; i++)
        {
            var row = errors.AsSpan(i * weights.Columns, weights.Columns);
            start.DequantizeRow(rows[i], row);
            TensorPrimitives.Subtract(row, weights.Row(rows[i]), row);
        }

        var gradient = new float[errors.Length];
        MultiplyByMoments(errors, rows.Length, metric, gradient);
        // A row's weight q changes nothing within the row.
        var ones = new float[rows.Length];
        Array.Fill(ones, 1);
        return (new SoftMatrix(start, rows, gradient, (ones, metric.Diagonal), options, LearnsScales(options)), errors);
    }

    private static bool LearnsScales(AdaptiveOptions options) => options.LearnScales == ScaleLearning.Everywhere;

    private static void MultiplyByMoments(float[] errors, int rows, ErrorMetric metric, float[] result)
    {
        var n = metric.Single.Columns;
        Array.Clear(result);
        MatrixProduct.MultiplyAdd(1, errors, n, Transposition.None, metric.Single.Values, n, Transposition.None, result, n, rows, n, n);
    }

    private static float[] Gather(Matrix<float> matrix, int[] rows)
    {
        var result = new float[SoftMatrix.PaddedLength(rows.Length, matrix.Columns)];
        for (var i = 0; i < rows.Length; i++) matrix.Row(rows[i]).CopyTo(result.AsSpan(i * matrix.Columns));
        return result;
    }
}
