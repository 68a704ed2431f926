using System.Numerics;

namespace Mlorq.Numerics.Tests;

public class UniformSequenceTests
{
    // Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014, in whole numbers of any size, reduced by hand.
    private static readonly BigInteger Word = BigInteger.One << 64;
    private static readonly BigInteger Gamma = BigInteger.Parse("11400714819323198485", System.Globalization.CultureInfo.InvariantCulture);
    private static readonly BigInteger First = BigInteger.Parse("13787848793156543929", System.Globalization.CultureInfo.InvariantCulture);
    private static readonly BigInteger Second = BigInteger.Parse("10723151780598845931", System.Globalization.CultureInfo.InvariantCulture);

    [Theory]
    [InlineData(0UL)]
    [InlineData(1UL)]
    [InlineData(1234567UL)]
    [InlineData(ulong.MaxValue)]
    public void Numbers_are_those_of_SplitMix64(ulong seed)
    {
        var random = new UniformSequence(seed);
        for (var i = 1; i <= 50; i++) Assert.Equal((double)(Split(seed, i) >> 11) / Math.Pow(2, 53), random.Next());
    }

    // The first numbers that the published program gives for this seed.
    [Fact]
    public void Published_numbers_come_out()
    {
        ulong[] published = [6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431, 16408922859458223821];
        for (var i = 0; i < published.Length; i++) Assert.Equal(published[i], (ulong)Split(1234567, i + 1));
        var random = new UniformSequence(1234567);
        foreach (var number in published) Assert.Equal((number >> 11) * (1.0 / (1UL << 53)), random.Next());
    }

    [Fact]
    public void Numbers_lie_from_zero_to_below_one_and_fill_the_range()
    {
        var random = new UniformSequence(5);
        var tenths = new int[10];
        for (var i = 0; i < 100_000; i++)
        {
            var value = random.Next();
            Assert.True(value is >= 0 and < 1);
            tenths[(int)(value * 10)]++;
        }

        // 10,000 each, with a standard deviation of 95.
        Assert.All(tenths, n => Assert.InRange(n, 9_500, 10_500));
    }

    [Fact]
    public void Ranges_and_whole_numbers_are_kept()
    {
        var random = new UniformSequence(6);
        var seen = new HashSet<int>();
        for (var i = 0; i < 1000; i++)
        {
            Assert.InRange(random.Next(-2.5, 7), -2.5, 7);
            seen.Add(random.Next(7));
        }

        Assert.Equal(Enumerable.Range(0, 7), seen.Order());
        Assert.Equal(0, random.Next(1));
    }

    [Fact]
    public void A_copy_goes_on_where_the_original_was()
    {
        var random = new UniformSequence(7);
        random.Next();
        var copy = random;
        Assert.Equal(random.Next(), copy.Next());
    }

    private static BigInteger Split(BigInteger seed, int index)
    {
        var z = (seed + (index * Gamma)) % Word;
        z = (z ^ (z >> 30)) * First % Word;
        z = (z ^ (z >> 27)) * Second % Word;
        return z ^ (z >> 31);
    }
}
