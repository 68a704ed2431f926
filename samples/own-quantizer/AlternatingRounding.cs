using Mlorq.Numerics;
using Mlorq.Quantization;
using Mlorq.Rounding;

namespace OwnQuantizer;

/// <summary>
/// A rounding of one's own: nearest levels, then for each group the scale of least squared error for these levels, and so on. The error of a column counts what its inputs
/// are large, h_j = E[x_j²], which is the diagonal of the metric.
/// </summary>
public sealed class AlternatingRounding(int rounds) : IWeightRounding
{
    /// <inheritdoc/>
    public QuantizedMatrix Round(Matrix<float> weights, ErrorMetric metric, WeightFormat format)
    {
        // The grids come with scales in the form in which the file stores them, and with zero points where the format has those.
        var best = QuantizedMatrix.Nearest(weights, GridTable.Search(weights, metric, format));
        for (var round = 0; round < rounds; round++)
        {
            var next = QuantizedMatrix.Nearest(weights, best.Grids.WithScales(Scales(weights, metric.Diagonal, best)));
            // Scales are rounded to their stored form, so a round may be worse.
            if (metric.Error(weights, next.Dequantize()) >= metric.Error(weights, best.Dequantize())) break;
            best = next;
        }

        return best;
    }

    // s = Σ h w v / Σ h v², v = code − zero point.
    private static float[] Scales(Matrix<float> weights, float[] importance, QuantizedMatrix rounded)
    {
        var grids = rounded.Grids;
        var scales = new float[grids.Rows * grids.Groups];
        for (var i = 0; i < grids.Rows; i++)
        {
            for (var g = 0; g < grids.Groups; g++)
            {
                var grid = grids[i, g];
                double up = 0, down = 0;
                for (var j = g * grids.GroupSize; j < Math.Min(grids.Columns, (g + 1) * grids.GroupSize); j++)
                {
                    var step = rounded.Codes[(i * grids.Columns) + j] - grid.Zero;
                    up += importance[j] * weights[i, j] * step;
                    down += importance[j] * step * step;
                }

                scales[(i * grids.Groups) + g] = down > 0 ? (float)(up / down) : grid.Scale;
            }
        }

        return scales;
    }
}
