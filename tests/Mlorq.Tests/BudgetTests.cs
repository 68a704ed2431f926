using CsCheck;
using Mlorq.Onnx;

namespace Mlorq.Tests;

public sealed class BudgetTests
{
    [Theory]
    [InlineData("2.5MB", 2_500_000)]
    [InlineData("2.5 MB", 2_500_000)]
    [InlineData(" 2.5mb ", 2_500_000)]
    [InlineData("3.5MiB", 3_670_016)]
    [InlineData("800KB", 800_000)]
    [InlineData("800kib", 819_200)]
    [InlineData("1GB", 1_000_000_000)]
    [InlineData("1.5GiB", 1_610_612_736)]
    [InlineData("123456", 123_456)]
    [InlineData("123456B", 123_456)]
    [InlineData("123456.9", 123_456)]
    [InlineData("0.0019KB", 1)]
    [InlineData("1.1KiB", 1_126)]
    [InlineData("9223372036854775807", long.MaxValue)]
    public void Sizes_are_read_in_bytes(string text, long bytes)
    {
        Assert.Equal(new Budget.Bytes(bytes), Budget.Parse(text));
    }

    [Theory]
    [InlineData("8x", 8)]
    [InlineData("8.25 X", 8.25)]
    [InlineData("0.5x", 0.5)]
    public void Ratios_are_read(string text, double times)
    {
        Assert.Equal(new Budget.Ratio(times), Budget.Parse(text));
    }

    [Theory]
    [InlineData("3.5bits", 3.5)]
    [InlineData("4 Bits", 4)]
    public void Average_bits_are_read(string text, double bits)
    {
        Assert.Equal(new Budget.AverageBits(bits), Budget.Parse(text));
    }

    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    [InlineData("0")]
    [InlineData("0x")]
    [InlineData("0bits")]
    [InlineData("0.4B")]
    [InlineData("-5MB")]
    [InlineData("-8x")]
    [InlineData("NaN")]
    [InlineData("NaNx")]
    [InlineData("Infinitybits")]
    [InlineData("1e400x")]
    [InlineData("1e400MB")]
    [InlineData("9223372036854775808")]
    [InlineData("9223372036855MB")]
    [InlineData("2,5MB")]
    [InlineData("1_000")]
    [InlineData("2.5TB")]
    [InlineData("2.5M")]
    [InlineData("MB")]
    [InlineData("x8")]
    [InlineData("8xx")]
    [InlineData("8 x 4")]
    [InlineData("small")]
    [InlineData("２MB")]
    public void Anything_else_is_refused_with_the_accepted_forms(string text)
    {
        var exception = Assert.Throws<BudgetFormatException>(() => Budget.Parse(text));

        Assert.IsAssignableFrom<MlorqException>(exception);
        Assert.Equal(text, exception.Text);
        Assert.Equal(
            $"The budget '{text}' cannot be read. Write a file size (2.5MB, 3.5MiB, 800KB, 800KiB, 123456 or 123456B), "
            + "a compression ratio (8x) or an average number of bits per weight (3.5bits), each greater than zero "
            + "and with a point before the decimals.",
            exception.Message);
    }

    [Fact]
    public void Every_budget_reads_back_from_its_text()
    {
        Gen.Long[1, long.MaxValue].Sample(count => Assert.Equal(new Budget.Bytes(count), Budget.Parse(new Budget.Bytes(count).ToString())));
        Gen.Double[1e-9, 1e9].Sample(value =>
        {
            Assert.Equal(new Budget.Ratio(value), Budget.Parse(new Budget.Ratio(value).ToString()));
            Assert.Equal(new Budget.AverageBits(value), Budget.Parse(new Budget.AverageBits(value).ToString()));
        });
        Assert.Equal("123456B", Budget.Parse("123456").ToString());
        Assert.Equal("8x", Budget.Parse("8.0X").ToString());
        Assert.Equal("3.5bits", Budget.Parse("3.5 bits").ToString());
        Assert.Equal(new Budget.Ratio(1e-9), Budget.Parse(new Budget.Ratio(1e-9).ToString()));
    }

    [Theory]
    [InlineData("2.5MB", 22_900_000, 5_700_000, 2_500_000)]
    [InlineData("8x", 22_900_001, 5_700_000, 2_862_500)]
    [InlineData("3.3x", 33, 1, 10)] // as doubles 33 / 3.3 may come out below 10
    [InlineData("3.5bits", 22_900_000, 5_717_416, 2_501_369)] // 2,501,369.5
    [InlineData("100x", 50, 1, 0)]
    [InlineData("0.000000001x", long.MaxValue, 1, long.MaxValue)]
    public void Bytes_follow_from_the_model_and_fractions_round_down(string budget, long fileBytes, long parameters, long expected)
    {
        Assert.Equal(expected, Budget.Parse(budget).InBytes(fileBytes, parameters));
    }

    [Fact]
    public void Numbers_that_make_no_sense_are_refused()
    {
        Assert.Throws<ArgumentNullException>(() => Budget.Parse(null!));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Budget.Bytes(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Budget.Ratio(double.NaN));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Budget.Ratio(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Budget.AverageBits(double.PositiveInfinity));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Budget.Bytes(1).InBytes(0, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Budget.Bytes(1).InBytes(1, -1));
    }
}
