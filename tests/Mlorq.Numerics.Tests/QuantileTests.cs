using CsCheck;
using MathNet.Numerics.Statistics;

namespace Mlorq.Numerics.Tests;

public sealed class QuantileTests
{
    [Fact]
    public void Quantiles_agree_with_MathNets_definition_7_and_leave_the_sample_alone() =>
        Gen.Select(Gen.Double[-10, 10].Array[1, 60], Gen.Double[0, 1]).Sample((values, probability) =>
        {
            var before = (double[])values.Clone();
            var actual = Quantile.Of(values, probability);
            Assert.Equal(before, values);
            Assert.Equal(values.QuantileCustom(probability, QuantileDefinition.R7), actual, 1e-12);
        });

    [Theory]
    [InlineData(0, 1)]
    [InlineData(0.25, 1.75)]
    [InlineData(0.5, 2.5)]
    [InlineData(1, 4)]
    public void Neighbours_are_interpolated(double probability, double expected)
    {
        Assert.Equal(expected, Quantile.Of([4.0, 1, 3, 2], probability));
        Assert.Equal(expected, Quantile.Of([4f, 1, 3, 2], probability));
    }

    [Fact]
    public void Infinite_values_are_ordered_like_others()
    {
        Assert.Equal(double.PositiveInfinity, Quantile.Of([double.PositiveInfinity, double.PositiveInfinity], 0.5));
        Assert.Equal(1, Quantile.Of([1, double.NegativeInfinity, double.PositiveInfinity], 0.5));
    }

    [Fact]
    public void Bad_input_is_refused()
    {
        Assert.Throws<ArgumentException>(() => Quantile.Of(ReadOnlySpan<double>.Empty, 0.5));
        Assert.Throws<ArgumentException>(() => Quantile.Of([1.0, double.NaN], 0.5));
        Assert.Throws<ArgumentOutOfRangeException>(() => Quantile.Of([1.0], 1.5));
        Assert.Throws<ArgumentOutOfRangeException>(() => Quantile.Of([1.0], double.NaN));
    }
}
