using MathNet.Numerics.Statistics;
using Mlorq.Activations;

namespace Mlorq.Tests.Activations;

public class ActivationQuantizerTests
{
    // A histogram knows values to within a bin; a search may stop a little short of the best.
    private const double ShortOfBest = 1.01;

    public static TheoryData<string, int> Distributions => new(
        from values in new[] { "normal", "outliers", "shifted", "relu", "gelu", "negative" }
        from bits in new[] { 3, 4, 6, 8 }
        select (values, bits));

    [Fact]
    public void Min_max_levels_reach_from_the_least_value_to_the_greatest()
    {
        var grid = Uniform(new MinMaxQuantizer(), [-1, 0.3f, 3], 8);
        Assert.Equal(4f / 255, grid.Scale);
        Assert.Equal(64, grid.ZeroPoint);
        Assert.Equal((-64 * grid.Scale, 0f, 191 * grid.Scale), (grid.Rounded(-9), grid.Rounded(0), grid.Rounded(9)));
    }

    [Theory]
    [InlineData(5f, 6f)]
    [InlineData(-6f, -5f)]
    [InlineData(0f, 0f)]
    [InlineData(2f, 2f)]
    [InlineData(1e-38f, 3e-38f)]
    [InlineData(float.MinValue, float.MaxValue)]
    public void Zero_is_a_level_whatever_the_range(float low, float high)
    {
        IActivationQuantizer[] quantizers = [new MinMaxQuantizer(), new PercentileQuantizer(), new SquaredErrorQuantizer()];
        foreach (var grid in quantizers.SelectMany(q => new[] { 3, 8 }.Select(bits => q.Choose(TensorHistogram.Of([low, high]), bits)))) Assert.Equal(0f, grid.Rounded(0));
    }

    [Fact]
    public void Percentile_levels_reach_from_quantile_to_quantile()
    {
        var values = Values.Normal(20_000, seed: 6, outliers: true);
        var (histogram, doubles) = (TensorHistogram.Of(values), values.Select(v => (double)v).ToList());

        var grid = (ActivationGrid.Uniform)new PercentileQuantizer(0.99).Choose(histogram, 8);

        var range = doubles.QuantileCustom(0.99, QuantileDefinition.EmpiricalInvCDF) - doubles.QuantileCustom(0.01, QuantileDefinition.EmpiricalInvCDF);
        Assert.Equal(range / 255, grid.Scale, 2 * histogram.BinWidth / 255);
        Assert.Equal(new MinMaxQuantizer().Choose(histogram, 4), new PercentileQuantizer(1).Choose(histogram, 4));
        Assert.Throws<ArgumentOutOfRangeException>(() => new PercentileQuantizer(0.5));
        Assert.Throws<ArgumentOutOfRangeException>(() => new PercentileQuantizer(double.NaN));
    }

    // Both ends in 2 % steps, on the values themselves.
    [Theory]
    [MemberData(nameof(Distributions))]
    public void No_range_has_clearly_less_squared_error(string kind, int bits)
    {
        var values = Of(kind);
        var found = Values.MeanSquare(values, new SquaredErrorQuantizer().Choose(TensorHistogram.Of(values), bits));

        var least = Ends(Math.Min(values.Min(), 0)).SelectMany(a => Ends(Math.Max(values.Max(), 0)).Select(b => ActivationGrid.Uniform.Between(a, b, bits)))
            .Distinct().Min(grid => Values.MeanSquare(values, grid));

        Assert.True(found <= ShortOfBest * least, $"{found} is more than {least}");
        Assert.True(found <= Values.MeanSquare(values, new MinMaxQuantizer().Choose(TensorHistogram.Of(values), bits)) * ShortOfBest);

        static IEnumerable<double> Ends(double extreme) => extreme == 0 ? [0] : Enumerable.Range(1, 50).Select(i => extreme * i / 50);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(8)]
    public void No_logarithmic_scale_has_clearly_less_squared_error(int bits)
    {
        var values = Values.Probabilities(40, 60, seed: 8);
        var found = Values.MeanSquare(values, new LogSqrt2Quantizer().Choose(TensorHistogram.Of(values), bits));

        var least = Enumerable.Range(10, 191).SelectMany(i => Enum.GetValues<LastLevel>().Select(last => new ActivationGrid.LogSqrt2(values.Max() * i / 200, bits, last)))
            .Min(grid => Values.MeanSquare(values, grid));

        // The scales tried are 9 % apart.
        Assert.True(found <= 1.05 * least, $"{found} is more than {least}");
    }

    [Fact]
    public void Logarithmic_levels_are_powers_of_the_root_of_a_half()
    {
        var power = new ActivationGrid.LogSqrt2(0.8f, 3, LastLevel.Power);
        var zero = new ActivationGrid.LogSqrt2(0.8f, 3, LastLevel.Zero);
        for (var q = 0; q < 8; q++) Assert.Equal(0.8 * Math.Pow(2, -q / 2.0), power.Value(q), 1e-6);
        Assert.Equal((0, 1, 7, 7), (power.Code(1), power.Code(0.6f), power.Code(0), power.Code(-1)));
        Assert.Equal((0f, power.Value(6)), (zero.Rounded(0), zero.Rounded(0.1f)));
    }

    [Fact]
    public void At_few_bits_probabilities_want_logarithmic_levels()
    {
        // A few large ones, most near zero: the relative error of the small ones is what logarithmic levels lower.
        var values = Values.Probabilities(40, 60, seed: 8);
        var histogram = TensorHistogram.Of(values);
        double Relative(ActivationGrid grid) => values.Average(v => Math.Abs((double)v - grid.Rounded(v)) / v);
        Assert.True(Relative(new LogSqrt2Quantizer().Choose(histogram, 4)) < Relative(new SquaredErrorQuantizer().Choose(histogram, 4)));
    }

    [Fact]
    public void Logarithmic_levels_refuse_negative_values_and_take_zeros()
    {
        Assert.Throws<ArgumentException>(() => new LogSqrt2Quantizer().Choose(TensorHistogram.Of([-1e-3f, 1]), 4));
        Assert.Equal(0f, new LogSqrt2Quantizer().Choose(TensorHistogram.Of([0, 0]), 4).Rounded(0));
        Assert.True(float.IsFinite(new LogSqrt2Quantizer().Choose(TensorHistogram.Of([float.Epsilon, 0]), 4).Rounded(1)));
    }

    [Fact]
    public void Bits_and_scales_out_of_range_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new MinMaxQuantizer().Choose(TensorHistogram.Of([1, 2]), 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => new SquaredErrorQuantizer().Choose(TensorHistogram.Of([1, 2]), 9));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ActivationGrid.Uniform(0, 0, 8));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ActivationGrid.Uniform(1, 16, 4));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ActivationGrid.LogSqrt2(float.NaN, 4, LastLevel.Zero));
    }

    private static ActivationGrid.Uniform Uniform(IActivationQuantizer quantizer, float[] values, int bits) => (ActivationGrid.Uniform)quantizer.Choose(TensorHistogram.Of(values), bits);

    private static float[] Of(string kind) => kind switch
    {
        "normal" => Values.Normal(2000, seed: 1),
        "outliers" => Values.Normal(2000, seed: 2, outliers: true),
        "shifted" => [.. Values.Normal(2000, seed: 3).Select(v => v + 2)],
        "relu" => [.. Values.Normal(2000, seed: 4).Select(v => Math.Max(v, 0))],
        "gelu" => [.. Values.Normal(2000, seed: 5, scale: 2).Select(v => v / (1 + MathF.Exp(-1.702f * v)))],
        "negative" => [.. Values.Normal(2000, seed: 7).Select(v => -Math.Abs(v))],
        _ => throw new ArgumentException(kind),
    };
}
