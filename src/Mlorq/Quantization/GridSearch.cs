using System.Runtime.Intrinsics;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace Mlorq.Quantization;

/// <summary>
/// The grid of a group with the least weighted squared error Σ h (w − s(c − z))², c the nearest code: for a few zero points many scales are tried, each
/// fitted to the codes that it gives, s = Σhwv / Σhv² with v = c − z. (The exact optimum, by sorting all scales at which a code changes, is lower by
/// a fraction of a percent before codes and scales are polished in the layer's whole metric, and takes fifty times as long.) A trellis seldom allows the nearest level; the error that
/// comes of that, a share of s² for each weight, is added.
/// </summary>
internal static class GridSearch
{
    private const double Step = 0.98;
    private const int Refits = 3;
    private const int MostZeros = 5;

    /// <summary>The best grid; scales are not rounded to a storage format here.</summary>
    public static Grid Best(ReadOnlySpan<float> weights, ReadOnlySpan<float> importance, BitWidth width, Symmetry symmetry)
    {
        var group = new Group(weights, importance, width);
        var gain = double.NegativeInfinity;
        Grid best = default;
        if (symmetry == Symmetry.Asymmetric)
        {
            Span<double> zeros = stackalloc double[MostZeros];
            foreach (var zero in zeros[..ZeroCandidates(weights, width, zeros)]) best = Better(best, ref gain, group.Search(zero, 1));
            return best;
        }

        best = Better(best, ref gain, group.Search(width.SymmetricZero, 1));
        // An even grid around a level (−8 … 7) is longer on one side: try it turned over.
        if (width.SymmetricZero == Math.Floor(width.SymmetricZero)) best = Better(best, ref gain, group.Search(width.SymmetricZero, -1));
        return best;
    }

    private static Grid Better(Grid best, ref double gain, (Grid Grid, double Gain) other)
    {
        if (other.Gain <= gain) return best;
        gain = other.Gain;
        return other.Grid;
    }

    // Storable zero points around the one that the range suggests, and around the middle; their number.
    private static int ZeroCandidates(ReadOnlySpan<float> weights, BitWidth width, Span<double> zeros)
    {
        var (low, high) = (Math.Min(0, TensorPrimitives.Min(weights)), Math.Max(0, TensorPrimitives.Max(weights)));
        var middle = (width.Levels - 1) / 2.0;
        var fromRange = high > low ? -low / (high - low) * (width.Levels - 1) : middle;
        // Outliers shift the range more than they shift the bulk, the more so the fewer levels there are.
        var spread = width.Levels / 16.0;
        ReadOnlySpan<double> tries = [fromRange, (fromRange + middle) / 2, middle, fromRange - spread, fromRange + spread];
        var count = 0;
        foreach (var wanted in tries[..(width.LevelBits switch { 2 or 3 => 5, 4 => 3, _ => 1 })])
        {
            var zero = width.ZeroOf(width.StoredZeroNear(wanted));
            if (!zeros[..count].Contains(zero)) zeros[count++] = zero;
        }

        return count;
    }

    /// <summary>One group, for several zero points.</summary>
    private readonly ref struct Group
    {
        private readonly ReadOnlySpan<float> _weights;
        private readonly ReadOnlySpan<float> _importance;
        private readonly BitWidth _width;
        private readonly double _below;
        private readonly double _above;
        private readonly double _granular;

        public Group(ReadOnlySpan<float> weights, ReadOnlySpan<float> importance, BitWidth width)
        {
            _weights = weights;
            _importance = importance;
            _width = width;
            // Weights that count for nothing do not widen the range.
            for (var j = 0; j < weights.Length; j++)
            {
                if (!(importance[j] > 0)) continue;
                _below = Math.Max(_below, -weights[j]);
                _above = Math.Max(_above, weights[j]);
                if (width.IsTrellis) _granular += Trellis.Granular * importance[j];
            }
        }

        // From scales with levels to spare down to a share of the one that just holds all weights which clips too much to be of use.
        public (Grid Grid, double Gain) Search(double zero, int sign)
        {
            if (_below == 0 && _above == 0) return (new Grid(0, (float)zero), 0);
            var top = _width.Levels - 1;
            var (low, high) = sign > 0 ? (_below, _above) : (_above, _below);
            var whole = Math.Max(low / Math.Max(zero, 0.5), high / Math.Max(top - zero, 0.5));
            var (most, least) = Shares(_width.LevelBits);
            var best = (Scale: 0.0, Gain: double.NegativeInfinity);
            for (var share = most; share > least; share *= Step)
            {
                var next = Fitted(sign, whole * share, zero, top);
                if (next.Gain > best.Gain) best = next;
            }

            for (var i = 0; i < Refits && best.Scale > 0; i++)
            {
                var next = Fitted(sign, best.Scale, zero, top);
                if (!(next.Gain > best.Gain)) break;
                best = next;
            }

            return (new Grid((float)(sign * (best.Scale > 0 ? best.Scale : whole)), (float)zero), best.Gain);
        }

        private static (double Most, double Least) Shares(int bits) => bits switch { 2 => (3, 0.15), 3 => (1.5, 0.25), 4 => (1.2, 0.4), 6 => (1, 0.6), _ => (1, 0.8) };

        // The best scale for the codes that a scale gives, and its gain: Σhw² minus the error.
        private (double Scale, double Gain) Fitted(int sign, double scale, double zero, int top)
        {
            var (a, b) = SumsAt((float)(sign / scale), (float)zero, top);
            a *= sign;
            b += _granular;
            return a > 0 ? (a / b, a * a / b) : (0, double.NegativeInfinity);
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
    }
}
