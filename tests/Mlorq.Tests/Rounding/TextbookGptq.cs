using Mlorq.Numerics;
using Mlorq.Quantization;
using Dense = MathNet.Numerics.LinearAlgebra.Matrix<double>;

namespace Mlorq.Tests.Rounding;

/// <summary>GPTQ as its paper writes it (arXiv 2210.17323, algorithm 1, one column at a time), in double precision with MathNet.</summary>
internal static class TextbookGptq
{
    public static byte[] Codes(Matrix<float> weights, Matrix<double> moments, GridTable grids, double damping)
    {
        var n = weights.Columns;
        var c = moments.ToMathNet();
        var order = Enumerable.Range(0, n).OrderByDescending(j => (float)c[j, j]).ThenBy(j => j).ToArray();
        var ridge = damping * Enumerable.Range(0, n).Average(j => c[j, j]);
        var hessian = Dense.Build.Dense(n, n, (i, j) => c[order[i], order[j]] + (i == j ? ridge : 0));
        var inverse = hessian.Inverse();
        var u = ((inverse + inverse.Transpose()) / 2).Cholesky().Factor.Transpose();
        var w = Dense.Build.Dense(weights.Rows, n, (i, j) => weights[i, order[j]]);
        var codes = new byte[weights.Rows * n];
        for (var k = 0; k < n; k++)
        {
            for (var i = 0; i < w.RowCount; i++)
            {
                var grid = grids[i, order[k] / grids.GroupSize];
                var code = grid.Scale == 0
                    ? Math.Round((double)grid.Zero)
                    : Math.Clamp(Math.Round((w[i, k] / grid.Scale) + grid.Zero), 0, grids.Format.BitWidth.Levels - 1);
                codes[(i * n) + order[k]] = (byte)code;
                var error = (w[i, k] - (grid.Scale * (code - grid.Zero))) / u[k, k];
                for (var j = k + 1; j < n; j++) w[i, j] -= error * u[k, j];
            }
        }

        return codes;
    }
}
