using Mlorq.Numerics;

namespace Mlorq.Quantization;

/// <summary>How columns that are rounded one after the other, in some order, pass their errors on to the later ones.</summary>
internal sealed class ColumnFeedback
{
    private Matrix<float>? _byColumn;

    /// <summary>Takes the Cholesky factor of C⁻¹ apart.</summary>
    /// <param name="moments">C, [in, in].</param>
    /// <param name="order">Columns in the order of rounding.</param>
    public ColumnFeedback(Matrix<double> moments, int[] order)
    {
        var n = order.Length;
        var permuted = new Matrix<double>(n, n);
        for (var i = 0; i < n; i++)
        {
            for (var j = 0; j < n; j++) permuted[i, j] = moments[order[i], order[j]];
        }

        var upper = Cholesky.UpperOfInverse(permuted);
        (Order, Factor, StepWeights) = (order, new Matrix<float>(n, n), new float[n]);
        for (var i = 0; i < n; i++)
        {
            StepWeights[i] = (float)(1 / (upper[i, i] * upper[i, i]));
            for (var j = i; j < n; j++) Factor[i, j] = (float)(upper[i, j] / upper[i, i]);
        }
    }

    /// <summary>Columns in the order of rounding.</summary>
    public int[] Order { get; }

    /// <summary>Upper U with UᵀU = C⁻¹, rows and columns in the order of rounding, each row divided by its diagonal element.</summary>
    public Matrix<float> Factor { get; }

    /// <summary>The transpose of <see cref="Factor"/>.</summary>
    public Matrix<float> ByColumn => _byColumn ??= Factor.Transpose();

    /// <summary>1 / U_kk² in the order of rounding: what a squared error of a column costs when all later ones make up for it as far as they can.</summary>
    public float[] StepWeights { get; }
}
