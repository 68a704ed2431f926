using System.Buffers;
using System.Runtime.Intrinsics;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace Mlorq.Quantization;

/// <summary>
/// The grid of a group with the least weighted squared error Σ h (w − s(c − z))², c the nearest code.
/// For a given zero point the search over the scale is exact: the codes change only where w/s crosses a half step, so the sorted crossings are
/// swept once, and between two of them the best scale is Σhwv / Σhv² with v = c − z. With 6 bits and more the error is so flat around its
/// minimum that a few scales, each fitted once to its codes, do as well.
/// </summary>
internal static class GridSearch
{
    /// <summary>The best grid; scales are not rounded to a storage format here.</summary>
    public static Grid Best(ReadOnlySpan<float> weights, ReadOnlySpan<float> importance, BitWidth width, Symmetry symmetry)
    {
        var sweep = new Sweep(weights, importance, width);
        var gain = double.NegativeInfinity;
        Grid best = default;
        if (symmetry == Symmetry.Asymmetric)
        {
            foreach (var zero in ZeroCandidates(weights, width)) best = Better(best, ref gain, sweep.Search(zero, 1));
            return best;
        }

        best = Better(best, ref gain, sweep.Search(width.SymmetricZero, 1));
        // An even grid around a level (−8 … 7) is longer on one side: try it turned over.
        if (width.SymmetricZero == Math.Floor(width.SymmetricZero)) best = Better(best, ref gain, sweep.Search(width.SymmetricZero, -1));
        return best;
    }

    private static Grid Better(Grid best, ref double gain, (Grid Grid, double Gain) other)
    {
        if (other.Gain <= gain) return best;
        gain = other.Gain;
        return other.Grid;
    }

    /// <summary>Storable zero points around the one that the range suggests, and around the middle.</summary>
    private static double[] ZeroCandidates(ReadOnlySpan<float> weights, BitWidth width)
    {
        var (low, high) = (Math.Min(0, TensorPrimitives.Min(weights)), Math.Max(0, TensorPrimitives.Max(weights)));
        var middle = (width.Levels - 1) / 2.0;
        var fromRange = high > low ? -low / (high - low) * (width.Levels - 1) : middle;
        // Outliers shift the range more than they shift the bulk, the more so the fewer levels there are.
        var spread = width.Levels / 16.0;
        double[] tries = width.Bits switch
        {
            2 or 3 => [fromRange, fromRange - spread, fromRange + spread, (fromRange + middle) / 2, middle],
            4 => [fromRange, (fromRange + middle) / 2, middle],
            _ => [fromRange],
        };
        return tries
            .Select(z => width.StoredZeroNear(z)).Distinct().Select(width.ZeroOf).ToArray();
    }

    /// <summary>The crossings of one group, reused for several zero points.</summary>
    private readonly ref struct Sweep
    {
        private readonly ReadOnlySpan<float> _weights;
        private readonly ReadOnlySpan<float> _importance;
        private readonly BitWidth _width;
        private readonly float _largest;

        public Sweep(ReadOnlySpan<float> weights, ReadOnlySpan<float> importance, BitWidth width)
        {
            _weights = weights;
            _importance = importance;
            _width = width;
            // Weights that count for nothing do not widen the range.
            for (var j = 0; j < weights.Length; j++)
            {
                if (importance[j] > 0) _largest = Math.Max(_largest, Math.Abs(weights[j]));
            }
        }

        public (Grid Grid, double Gain) Search(double zero, int sign)
        {
            if (_largest == 0) return (new Grid(0, (float)zero), 0);
            var top = _width.Levels - 1;
            if (_width.Bits >= 6) return Scan(zero, sign, top);
            // From scales that leave all weights at the innermost levels (with 4 bits: twice the scale that just holds the largest weight)
            // down to a share that clips too much to be of use.
            var upper = _width.Bits <= 3 ? 1000 * _largest : 2 * _largest / Math.Max(0.25, Math.Min(zero, top - zero) + 0.5);
            var lower = _largest / Math.Max(zero, top - zero) * LeastShare(_width.Bits);
            double a = 0, b = 0;
            var keys = ArrayPool<double>.Shared.Rent(_weights.Length * top);
            var steps = ArrayPool<int>.Shared.Rent(_weights.Length * top);
            var count = Start(zero, sign, upper, lower, top, ref a, ref b, keys, steps);
            keys.AsSpan(0, count).Sort(steps.AsSpan(0, count));
            var result = Run(zero, sign, upper, top, a, b, steps.AsSpan(0, count));
            ArrayPool<double>.Shared.Return(keys);
            ArrayPool<int>.Shared.Return(steps);
            return result;
        }

        private static double LeastShare(int bits) => bits switch { 2 => 0.15, 3 => 0.25, _ => 0.4 };

        // Gain of a scale: Σhw² minus the error, with the scale fitted to the codes that it gives.
        private (Grid Grid, double Gain) Scan(double zero, int sign, int top)
        {
            double low = 0, high = 0;
            for (var j = 0; j < _weights.Length; j++)
            {
                if (!(_importance[j] > 0)) continue;
                low = Math.Max(low, -sign * _weights[j]);
                high = Math.Max(high, sign * _weights[j]);
            }

            var whole = Math.Max(low / Math.Max(zero, 0.5), high / Math.Max(top - zero, 0.5));
            var (best, gain) = (0.0, double.NegativeInfinity);
            for (var share = 1.0; share > (_width.Bits == 6 ? 0.6 : 0.8); share -= 0.02)
            {
                var (a, b) = SumsAt((float)(sign / (whole * share)), (float)zero, top);
                a *= sign;
                if (!(a > 0) || a * a / b <= gain) continue;
                gain = a * a / b;
                best = a / b;
            }

            return (new Grid((float)(sign * (best > 0 ? best : whole)), (float)zero), gain);
        }

        // Σhwv and Σhv² for the nearest codes of a scale, given as its inverse.
        private (double A, double B) SumsAt(float inverse, float zero, int top)
        {
            var (sums, squares) = (Vector512<float>.Zero, Vector512<float>.Zero);
            var (scales, zeros, tops) = (Vector512.Create(inverse), Vector512.Create(zero), Vector512.Create((float)top));
            var j = 0;
            for (; j <= _weights.Length - Vector512<float>.Count; j += Vector512<float>.Count)
            {
                var (w, h) = (Vector512.Create(_weights[j..]), Vector512.Create(_importance[j..]));
                var v = Vector512.Min(Vector512.Max(Vector512.Round((w * scales) + zeros), Vector512<float>.Zero), tops) - zeros;
                sums += h * w * v;
                squares += h * v * v;
            }

            double a = Vector512.Sum(sums), b = Vector512.Sum(squares);
            for (; j < _weights.Length; j++)
            {
                var v = Math.Clamp(MathF.Round((_weights[j] * inverse) + zero), 0, top) - zero;
                a += _importance[j] * _weights[j] * v;
                b += _importance[j] * v * v;
            }

            return (a, b);
        }

        // Codes at the largest scale of the range, the sums for them, and all crossings below (as negative scales: sorted from the largest).
        private int Start(double zero, int sign, double upper, double lower, int top, ref double a, ref double b, double[] keys, int[] steps)
        {
            var count = 0;
            for (var j = 0; j < _weights.Length; j++)
            {
                var w = sign * (double)_weights[j];
                var code = Code(w, zero, upper, top);
                var v = code - zero;
                a += _importance[j] * w * v;
                b += _importance[j] * v * v;
                if (w == 0) continue;
                var direction = w > 0 ? 1 : -1;
                for (var next = code; direction > 0 ? next < top : next > 0; next += direction)
                {
                    // Positive: the weight leaves code `next` for the one beyond when w/s passes this half step.
                    var scale = w / (next + (0.5 * direction) - zero);
                    if (scale < lower) break;
                    keys[count] = -scale;
                    steps[count++] = j;
                }
            }

            return count;
        }

        private (Grid Grid, double Gain) Run(double zero, int sign, double upper, int top, double a, double b, ReadOnlySpan<int> steps)
        {
            var codes = new int[_weights.Length];
            for (var j = 0; j < codes.Length; j++) codes[j] = Code(sign * (double)_weights[j], zero, upper, top);
            double bestA = a, bestB = b, gain = b > 0 && a > 0 ? a * a / b : 0;
            foreach (var j in steps)
            {
                var w = sign * (double)_weights[j];
                var direction = w > 0 ? 1 : -1;
                var v = codes[j] - zero;
                codes[j] += direction;
                a += _importance[j] * w * direction;
                b += _importance[j] * ((2 * v * direction) + 1);
                if (a > 0 && a * a > gain * b)
                {
                    gain = a * a / b;
                    bestA = a;
                    bestB = b;
                }
            }

            var scale = bestB > 0 && bestA > 0 ? bestA / bestB : 0;
            return (new Grid((float)(sign * scale), (float)zero), gain);
        }

        private static int Code(double w, double zero, double scale, int top) => (int)Math.Clamp(Math.Round((w / scale) + zero), 0, top);
    }
}
