using Mlorq.Numerics;
using Mlorq.Quantization;
using Mlorq.Rounding;
using Mlorq.Tests.Quantization;
using Mlorq.Tests.Rewriting;
using Mlorq.Tuning;

namespace Mlorq.Tests.Tuning;

public class TunedMatrixTests
{
    private const int Rows = 5;

    // The last group of a row is shorter than the others.
    private const int Columns = 72;

    private static readonly TrainingStep Step = new(0.01f, 0.1f, 0, 0);

    public static TheoryData<int, int, bool> Kinds => new(
        from bits in new[] { 2, 3, 4, 8 }
        from size in new[] { 0, 32 }
        from isAsymmetric in new[] { false, true }
        select (bits, size, isAsymmetric));

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Gradients_by_scales_agree_with_differences(int bits, int size, bool isAsymmetric)
    {
        foreach (var withCodes in new[] { false, true })
        {
            var (matrix, error) = Subject(Random(Format(bits, size, isAsymmetric), bits), withCodes);
            // Somewhere else than at the start.
            for (var g = 0; g < matrix.Growth.Length; g++) matrix.Growth.Values[g] = 0.03f * ((g % 5) - 2);
            matrix.Accept(error.Gradient(matrix.Values()));
            var groups = Enumerable.Range(0, matrix.Growth.Length).ToList();
            Quadratic.AssertClose(
                groups.ConvertAll(g => Quadratic.Difference(by => matrix.Growth.Values[g] += by, () => error.Error(matrix.Values()))),
                groups.ConvertAll(g => (double)matrix.Growth.Gradient[g]));
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Gradients_by_codes_agree_with_differences(int bits, int size, bool isAsymmetric)
    {
        var (matrix, error) = Subject(Random(Format(bits, size, isAsymmetric), 10 + bits), true);
        for (var k = 0; k < Rows * Columns; k++) matrix.Codes!.Move(k, 0.2f * ((k % 7) - 3));
        for (var g = 0; g < matrix.Growth.Length; g++) matrix.Growth.Values[g] = 0.1f;
        matrix.Accept(error.Gradient(matrix.Values()));
        var slopes = (float[])matrix.Codes!.Slopes(0, 0).Clone();
        var some = Enumerable.Range(0, Rows * Columns).Where(k => k % 5 == 0).ToList();
        Quadratic.AssertClose(
            some.ConvertAll(k => Quadratic.Difference(by => matrix.Codes!.Move(k, by), () => error.Error(matrix.Values()))),
            some.ConvertAll(k => (double)slopes[k]));
    }

    // pull · mean(1 − |2h − 1|^β), computed from the shares that the values show.
    [Theory]
    [InlineData(2)]
    [InlineData(8)]
    public void Slopes_of_the_pull_agree_with_differences(float exponent)
    {
        const double Pull = 50;
        var start = Random(Format(3, 32, false), 3);
        var matrix = new TunedMatrix(start, new Matrix<float>(Rows, Columns));
        for (var k = 0; k < Rows * Columns; k++) matrix.Codes!.Move(k, 0.3f * ((k % 7) - 3));
        matrix.Accept(new Matrix<float>(Rows, Columns));
        var slopes = (float[])matrix.Codes!.Slopes(Pull, exponent).Clone();
        var some = Enumerable.Range(0, Rows * Columns).Where(k => k % 11 == 0).ToList();
        double Regulariser(int k)
        {
            var share = matrix.Codes![k] - Math.Floor(matrix.Codes![k]);
            return Pull * (1 - Math.Pow(Math.Abs((2 * share) - 1), exponent)) / (Rows * Columns);
        }

        Quadratic.AssertClose(some.ConvertAll(k => Quadratic.Difference(by => matrix.Codes!.Move(k, by), () => Regulariser(k))), some.ConvertAll(k => (double)slopes[k]));
    }

    [Fact]
    public void An_untouched_matrix_ends_as_it_began_bit_for_bit()
    {
        foreach (var format in Formats.All)
        {
            var searched = new NearestRounding().Round(Matrices.Weights(Rows, Columns, 4), ErrorMetric.Plain(Columns), format);
            foreach (var start in new[] { searched, Random(format, 5) })
            {
                foreach (var gradient in new[] { null, Matrices.Weights(Rows, Columns, 6) })
                {
                    var matrix = new TunedMatrix(start, gradient);
                    AssertSame(start, matrix.Finish());
                    if (gradient is null) Assert.Equal(start.Dequantize().Values, matrix.Values().Values);
                }
            }
        }
    }

    [Fact]
    public void Stored_scales_are_at_rest_and_finite_wherever_training_leads()
    {
        foreach (var format in Formats.All)
        {
            foreach (var size in new[] { 1e-6, 1e-3, 0.05, 10, 1e4 })
            {
                var start = new NearestRounding().Round(Matrices.Weights(Rows, Columns, 7, size), ErrorMetric.Plain(Columns), format);
                var matrix = new TunedMatrix(start, null);
                var random = new Random(8);
                // Beyond zero too, where scales must stop.
                for (var g = 0; g < matrix.Growth.Length; g++) matrix.Growth.Values[g] = (float)((random.NextDouble() * 3) - 1.5);
                var once = matrix.Finish();
                Assert.All(once.Grids.RowScales, s => Assert.True(Half.IsFinite(s), $"{format} {size}: {s}"));
                if (size > 1e-4) AssertSame(once, new TunedMatrix(once, null).Finish());
                for (var g = 0; g < matrix.Growth.Length; g++)
                {
                    var (before, after) = (start.Grids[g / start.Grids.Groups, g % start.Grids.Groups].Scale, once.Grids[g / start.Grids.Groups, g % start.Grids.Groups].Scale);
                    Assert.True(after == 0 || Math.Sign(after) == Math.Sign(before), $"{format} {size}: {before} became {after}");
                }
            }
        }
    }

    [Fact]
    public void Codes_in_a_trellis_stay()
    {
        var start = Random(new WeightFormat(BitWidth.TrellisThree, Granularity.PerOutputChannel, Symmetry.Symmetric), 9);
        Assert.Null(new TunedMatrix(start, new Matrix<float>(Rows, Columns)).Codes);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    public void Codes_may_become_the_neighbour_on_the_side_where_the_error_falls_and_nothing_else(int sign)
    {
        foreach (var format in Formats.Plain)
        {
            var start = Random(format, 9);
            var gradient = new Matrix<float>(Rows, Columns);
            Array.Fill(gradient.Values, sign);
            var (top, groups) = (format.BitWidth.Levels - 1, start.Grids.GroupSize);
            foreach (var toNeighbour in new[] { true, false })
            {
                var matrix = new TunedMatrix(start, gradient);
                for (var k = 0; k < Rows * Columns; k++)
                {
                    var at = matrix.Codes![k];
                    // The share is 0.1 from the code that is the start.
                    matrix.Codes.Move(k, (at > start.Codes[k]) == toNeighbour ? 9 : -9);
                }

                var ended = matrix.Finish().Codes;
                for (var k = 0; k < Rows * Columns; k++)
                {
                    // The value falls with the error where the gradient is above zero; the code rises with the value where the scale is.
                    var falls = -sign * Math.Sign(start.Grids[k / Columns, k % Columns / groups].Scale);
                    var code = start.Codes[k];
                    var neighbour = code == 0 ? 1 : code == top ? top - 1 : code + (falls == 0 ? -1 : falls);
                    Assert.Equal(toNeighbour ? neighbour : code, ended[k]);
                }
            }
        }
    }

    [Fact]
    public void Steps_lead_down_and_what_is_stored_is_better_than_the_start()
    {
        foreach (var bits in new[] { 2, 3, 4 })
        {
            var start = Random(Format(bits, 32, true), 20 + bits);
            var (matrix, error) = Subject(start, true);
            var before = error.Error(start.Dequantize());
            for (var i = 0; i < 200; i++)
            {
                matrix.Accept(error.Gradient(matrix.Values()));
                matrix.Step(Step with { Pull = i > 50 ? 0.02 * error.Error(matrix.Values()) : 0, Exponent = 4 });
            }

            var ended = matrix.Finish();
            Assert.True(error.Error(ended.Dequantize()) < 0.9 * before, $"{before} -> {error.Error(ended.Dequantize())}");
            Assert.All(ended.Codes, c => Assert.InRange(c, 0, (1 << bits) - 1));
            Assert.NotEqual(start.Codes, ended.Codes);
        }
    }

    [Fact]
    public void A_step_without_a_gradient_has_no_slope_of_the_one_before()
    {
        var (matrix, error) = Subject(Random(Format(4, 32, false), 30), true);
        matrix.Accept(error.Gradient(matrix.Values()));
        matrix.Step(Step);
        Assert.All(matrix.Growth.Gradient, g => Assert.Equal(0, g));
        Assert.All(matrix.Codes!.Slopes(0, 0), s => Assert.Equal(0, s));
    }

    private static (TunedMatrix Matrix, Quadratic Error) Subject(QuantizedMatrix start, bool withCodes)
    {
        var error = new Quadratic(start.Dequantize(), 2);
        return (new TunedMatrix(start, withCodes ? error.Gradient(start.Dequantize()) : null), error);
    }

    // Scales of both signs, every code.
    private static QuantizedMatrix Random(WeightFormat format, int seed) => OneLayer.RandomMatrix(Rows, Columns, format, new Random(seed));

    private static WeightFormat Format(int bits, int size, bool isAsymmetric) =>
        new(BitWidth.Of(bits), size == 0 ? Granularity.PerOutputChannel : Granularity.Group(size), isAsymmetric ? Symmetry.Asymmetric : Symmetry.Symmetric);

    private static void AssertSame(QuantizedMatrix expected, QuantizedMatrix actual)
    {
        var what = expected.Grids.Format.ToString();
        Assert.True(expected.Codes.AsSpan().SequenceEqual(actual.Codes), what);
        Assert.True(expected.Grids.RowScales.AsSpan().SequenceEqual(actual.Grids.RowScales), what);
        Assert.True(expected.Grids.BlockScales.AsSpan().SequenceEqual(actual.Grids.BlockScales), what);
        Assert.True(expected.Grids.Zeros.AsSpan().SequenceEqual(actual.Grids.Zeros), what);
        Assert.Equal(expected.Dequantize().Values, actual.Dequantize().Values);
    }
}
