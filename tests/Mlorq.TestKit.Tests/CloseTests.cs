using Xunit.Sdk;

namespace Mlorq.TestKit.Tests;

public sealed class CloseTests
{
    [Theory]
    [InlineData(double.NaN, 1.0)]
    [InlineData(1.0, double.NaN)]
    [InlineData(double.NaN, double.NaN)]
    [InlineData(double.PositiveInfinity, double.PositiveInfinity)]
    [InlineData(1.0, 1.2)]
    public void Not_finite_or_too_far_fails(double expected, double actual)
    {
        Assert.ThrowsAny<XunitException>(() => Close.Equal([expected], [actual], 0.1));
        Assert.ThrowsAny<XunitException>(() => Close.EqualInNorm([expected], [actual], 0.1));
    }

    [Fact]
    public void Wrong_length_fails()
    {
        Assert.ThrowsAny<XunitException>(() => Close.Equal([1.0, 2.0], [1.0], 0.1));
        Assert.ThrowsAny<XunitException>(() => Close.EqualInNorm([1.0], [1.0, 2.0], 0.1));
    }

    [Fact]
    public void Near_passes()
    {
        Close.Equal([1f, 100f], [1.05f, 95f], 0.1);
        Close.EqualInNorm([1.0, 0.0], [1.0, 0.01], 0.1);
    }
}
