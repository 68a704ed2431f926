using System.Runtime.Intrinsics;
using Mlorq.Numerics;
using Mlorq.Quantization;

namespace Mlorq.Rounding;

/// <summary>
/// Changes single codes while that lowers tr(E C Eᵀ): given all other codes of a row, the best value of one weight is ŵ_j − (ŵ − w) C_:j / C_jj,
/// and the level nearest to it is the best code, so no step makes the error larger. (The idea of QuantEase, Behdin et al. 2023.)
/// </summary>
internal static class CoordinateDescent
{
    /// <summary>Improves codes, 16 rows at a time; stops after a number of passes or when nothing changes any more.</summary>
    /// <returns>The better codes, and (ŵ − w) C for them.</returns>
    public static (QuantizedMatrix Result, Matrix<float> Gradient) Improve(Matrix<float> weights, ErrorMetric metric, QuantizedMatrix start, int passes)
    {
        // Another level is on no path through a trellis.
        if (start.Grids.Format.BitWidth.IsTrellis) return (start, Gradient(weights, metric, start));
        var (grids, codes) = (start.Grids, (byte[])start.Codes.Clone());
        var gradient = Gradient(weights, metric, start);
        var block = new RowBlock(metric, grids);
        for (var first = 0; first < weights.Rows; first += 16)
        {
            block.Load(gradient, codes, first);
            for (var pass = 0; pass < passes && block.Pass(); pass++)
            {
            }

            block.Store(gradient, codes);
        }

        return (new QuantizedMatrix(grids, codes), gradient);
    }

    /// <summary>Improves the codes of one row; a vector holds 16 columns of it.</summary>
    /// <param name="metric">C.</param>
    /// <param name="start">[1, in].</param>
    /// <param name="products">Those of <paramref name="start"/>; afterwards those of the result.</param>
    /// <param name="passes">Passes at most.</param>
    public static QuantizedMatrix Improve(ErrorMetric metric, QuantizedMatrix start, RowProducts products, int passes)
    {
        var (grids, codes) = (start.Grids, (byte[])start.Codes.Clone());
        if (grids.Format.BitWidth.IsTrellis) return start;
        var changed = true;
        for (var pass = 0; pass < passes && changed; pass++)
        {
            changed = false;
            for (var j = 0; j < codes.Length; j++)
            {
                var group = j / grids.GroupSize;
                var (scale, diagonal) = (grids[0, group].Scale, metric.Diagonal[j]);
                // A group of zeros has scale 0, and any code gives 0.
                if (!(diagonal > 0) || scale == 0) continue;
                var next = (int)Math.Clamp(MathF.Round(codes[j] - (products.Gradient[j] / scale / diagonal)), 0, grids.Format.BitWidth.Levels - 1);
                if (next == codes[j]) continue;
                products.ChangeCode(metric, j, group, next - codes[j], scale);
                (codes[j], changed) = ((byte)next, true);
            }
        }

        return new QuantizedMatrix(grids, codes);
    }

    /// <summary>(ŵ − w) C, all rows.</summary>
    public static Matrix<float> Gradient(Matrix<float> weights, ErrorMetric metric, QuantizedMatrix start) => metric.Product(ErrorMetric.Difference(start.Dequantize(), weights));

    /// <summary>16 rows: their codes and the gradient (ŵ − w) C, one vector for each column.</summary>
    private sealed class RowBlock(ErrorMetric metric, GridTable grids)
    {
        private readonly Vector512<float>[] _gradient = new Vector512<float>[grids.Columns];
        private readonly Vector512<float>[] _code = new Vector512<float>[grids.Columns];
        private readonly RowGrids _grids = new(grids);
        private int _first;
        private int _count;

        public void Load(Matrix<float> gradient, byte[] codes, int first)
        {
            (_first, _count) = (first, Math.Min(16, gradient.Rows - first));
            _grids.Load(first, _count);
            Span<float> lane = stackalloc float[16];
            Span<float> code = stackalloc float[16];
            for (var j = 0; j < grids.Columns; j++)
            {
                for (var r = 0; r < _count; r++)
                {
                    lane[r] = gradient[first + r, j];
                    code[r] = codes[((first + r) * grids.Columns) + j];
                }

                _gradient[j] = Vector512.Create<float>(lane);
                _code[j] = Vector512.Create<float>(code);
            }
        }

        public bool Pass()
        {
            var top = Vector512.Create((float)(grids.Format.BitWidth.Levels - 1));
            var changed = false;
            for (var j = 0; j < grids.Columns; j++)
            {
                var diagonal = metric.Diagonal[j];
                if (!(diagonal > 0)) continue;
                var (scale, inverse) = _grids.Scale(j);
                var wanted = _code[j] - (_gradient[j] * inverse * Vector512.Create(1 / diagonal));
                var next = Vector512.Min(Vector512.Max(Vector512.Round(wanted), Vector512<float>.Zero), top);
                var step = (next - _code[j]) * scale;
                if (Vector512.EqualsAll(step, Vector512<float>.Zero)) continue;
                changed = true;
                _code[j] = next;
                AddToGradient(j, step);
            }

            return changed;
        }

        public void Store(Matrix<float> gradient, byte[] codes)
        {
            Span<float> lane = stackalloc float[16];
            Span<float> code = stackalloc float[16];
            for (var j = 0; j < grids.Columns; j++)
            {
                _gradient[j].CopyTo(lane);
                _code[j].CopyTo(code);
                for (var r = 0; r < _count; r++)
                {
                    gradient[_first + r, j] = lane[r];
                    codes[((_first + r) * grids.Columns) + j] = (byte)code[r];
                }
            }
        }

        private void AddToGradient(int column, Vector512<float> step)
        {
            var moments = metric.Single.Row(column);
            for (var k = 0; k < moments.Length; k++) _gradient[k] += step * Vector512.Create(moments[k]);
        }
    }
}
