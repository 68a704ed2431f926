using System.Numerics;

namespace Mlorq.Quantization;

/// <summary>
/// Trellis-coded quantization (Marcellin and Fischer, 1990) with the 64-state code of Ungerboeck (1982) for amplitudes. A code of b bits is (m, u): u enters a shift register, from which two
/// bits y1 and y0 follow, and the level is 4m + 2·y1 + y0. So y0, which the codes before tell, halves the levels that a weight may take; of these 2^b, twice as far apart, a rounding
/// picks the one that also leaves later weights the better levels, and errors come out as small as those of 0.2 bits more.
/// </summary>
/// <remarks>A row has two trellises, one of its even and one of its odd columns: kernels of 4 bits keep two columns in a byte, so that a step back is the same for both.</remarks>
internal static class Trellis
{
    /// <summary>Which of the earlier bits go into y1, beside u itself: those of 1 and 6 steps back (Ungerboeck's h0 = 103, octal).</summary>
    public const int Upper = 0b10_0001;

    /// <summary>Which go into y0: those of 2 and 4 steps back (h1 = 024).</summary>
    public const int Lower = 0b00_1010;

    /// <summary>
    /// What the mean squared error of a path is beyond that of the nearest levels, in units of s²; the best value for scales of real layers. (Far from the ends of the grid it is
    /// 1/3 / 10^0.125 − 1/12 = 1/6: the gain of this code over levels twice as far apart is 1.25 dB.)
    /// </summary>
    public const double Granular = 0.14;

    /// <summary>The number of states: of the last 6 bits u the last one is the lowest.</summary>
    public const int States = 64;

    /// <summary>y0, of all levels that may follow.</summary>
    public static int LowestBit(int state) => Parity(state & Lower);

    /// <summary>u of a level.</summary>
    public static int Branch(int state, int level) => ((level >> 1) & 1) ^ Parity(state & Upper);

    /// <summary>The state after u.</summary>
    public static int Next(int state, int branch) => ((state << 1) | branch) & (States - 1);

    /// <summary>The levels with a lowest bit y0, as a grid of double steps: level 2l + y0 of the whole grid is level l of this one.</summary>
    public static Grid Half(Grid grid, int lowestBit) => new(2 * grid.Scale, (grid.Zero - lowestBit) / 2);

    /// <summary>The codes of a row, from its levels.</summary>
    /// <exception cref="ArgumentException">The levels are no path through the trellis.</exception>
    public static void Encode(ReadOnlySpan<byte> levels, Span<byte> codes)
    {
        var (state, other) = (0, 0);
        for (var j = 0; j < levels.Length; j++)
        {
            if ((levels[j] & 1) != LowestBit(state)) throw new ArgumentException($"Level {levels[j]} of column {j} is on no path through the trellis.", nameof(levels));
            var branch = Branch(state, levels[j]);
            codes[j] = (byte)(((levels[j] >> 2) << 1) | branch);
            (state, other) = (other, Next(state, branch));
        }
    }

    /// <summary>The levels of a row with the least Σ (w − ŵ)², by the Viterbi algorithm.</summary>
    /// <param name="weights">The row.</param>
    /// <param name="gridOf">The grid of a column.</param>
    /// <param name="levels">The number of levels.</param>
    /// <param name="result">The levels of the row.</param>
    public static void Nearest(ReadOnlySpan<float> weights, Func<int, Grid> gridOf, int levels, Span<byte> result)
    {
        for (var first = 0; first < Math.Min(2, weights.Length); first++) Nearest(weights, first, gridOf, levels, result);
    }

    private static void Nearest(ReadOnlySpan<float> weights, int first, Func<int, Grid> gridOf, int levels, Span<byte> result)
    {
        var steps = (weights.Length - first + 1) / 2;
        var (costs, next) = (new double[States], new double[States]);
        var (taken, previous) = (new byte[steps * States], new byte[steps * States]);
        Span<byte> nearest = stackalloc byte[4];
        Span<double> errors = stackalloc double[4];
        Array.Fill(costs, double.PositiveInfinity);
        costs[0] = 0;
        for (var k = 0; k < steps; k++)
        {
            NearestOfEach(weights[first + (2 * k)], gridOf(first + (2 * k)), levels, nearest, errors);
            Array.Fill(next, double.PositiveInfinity);
            for (var state = 0; state < States; state++)
            {
                for (var subset = LowestBit(state); subset < 4; subset += 2)
                {
                    var (to, cost) = (Next(state, Branch(state, subset)), costs[state] + errors[subset]);
                    if (cost < next[to]) (next[to], taken[(k * States) + to], previous[(k * States) + to]) = (cost, nearest[subset], (byte)state);
                }
            }

            (costs, next) = (next, costs);
        }

        var best = Array.IndexOf(costs, costs.Min());
        for (var k = steps - 1; k >= 0; k--)
        {
            result[first + (2 * k)] = taken[(k * States) + best];
            best = previous[(k * States) + best];
        }
    }

    // Of the levels with the same two lowest bits the nearest one, and its squared error.
    private static void NearestOfEach(float weight, Grid grid, int levels, Span<byte> nearest, Span<double> errors)
    {
        for (var subset = 0; subset < 4; subset++)
        {
            var every = Half(Half(grid, subset & 1), subset >> 1);
            var code = every.Nearest(weight, levels / 4);
            var error = (double)weight - every.Value(code);
            (nearest[subset], errors[subset]) = ((byte)((4 * code) + subset), error * error);
        }
    }

    private static int Parity(int bits) => BitOperations.PopCount((uint)bits) & 1;
}
