using Mlorq.Quantization;
using Mlorq.Rewriting;

namespace Mlorq.Tests.Quantization;

public class WeightFormatTests
{
    /// <summary>Block and padded length worked out by hand.</summary>
    [Theory]
    [InlineData(4, 10, 16, 16)]
    [InlineData(4, 96, 32, 96)]
    [InlineData(4, 100, 16, 112)]
    [InlineData(4, 192, 64, 192)]
    [InlineData(4, 1000, 16, 1008)]
    [InlineData(4, 1024, 256, 1024)]
    [InlineData(2, 1024, 128, 1024)]
    [InlineData(3, 384, 128, 384)]
    [InlineData(8, 768, 256, 768)]
    public void Whole_rows_take_the_largest_block_that_pads_least(int bits, int inFeatures, int block, int padded)
    {
        var format = new WeightFormat(BitWidth.Of(bits), Granularity.PerOutputChannel, Symmetry.Symmetric);

        Assert.Equal(block, format.BlockSize(inFeatures));
        Assert.Equal(padded, format.Blocks(inFeatures) * format.BlockSize(inFeatures));
        Assert.Equal(1, format.Groups(inFeatures));
        Assert.Equal(inFeatures, format.GroupSize(inFeatures));
        Assert.Equal(padded * bits / 8, format.Blocks(inFeatures) * CodePacking.BytesPerBlock(format, inFeatures));
    }

    [Fact]
    public void No_other_block_pads_less()
    {
        foreach (var bits in new[] { 2, 3, 4, 6, 8 })
        {
            var format = new WeightFormat(BitWidth.Of(bits), Granularity.PerOutputChannel, Symmetry.Symmetric);
            for (var length = 1; length <= 1100; length++)
            {
                var padded = format.Blocks(length) * format.BlockSize(length);
                Assert.Equal((length + 15) / 16 * 16, padded);
            }
        }
    }

    [Fact]
    public void Groups_are_their_own_blocks_and_the_last_one_is_padded()
    {
        foreach (var format in Formats.All.Where(f => !f.Granularity.IsPerOutputChannel))
        {
            foreach (var length in new[] { 10, 96, 100, 192, 1000 })
            {
                var size = format.Granularity.Size;
                Assert.Equal(size, format.BlockSize(length));
                Assert.Equal((int)Math.Ceiling(length / (double)size), format.Groups(length));
                Assert.Equal(format.Groups(length), format.Blocks(length));
            }
        }
    }

    [Fact]
    public void Short_names_are_unique() => Assert.Equal(Formats.All.Count(), Formats.All.Select(f => f.ToString()).Distinct().Count());

    [Theory]
    [InlineData(0)]
    [InlineData(8)]
    [InlineData(48)]
    [InlineData(256)]
    public void Other_group_sizes_are_refused(int size) => Assert.Throws<ArgumentOutOfRangeException>(() => Granularity.Group(size));

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(7)]
    public void Other_bit_widths_are_refused(int bits) => Assert.Throws<ArgumentOutOfRangeException>(() => BitWidth.Of(bits));

    [Fact]
    public void Every_stored_zero_point_is_its_own_nearest()
    {
        foreach (var width in BitWidth.All)
        {
            for (var stored = 0; stored <= width.MaxStoredZero; stored++) Assert.Equal(stored, width.StoredZeroNear(width.ZeroOf(stored)));
            Assert.Equal(width.SymmetricZero, width.ZeroOf(width.StoredZeroNear(width.SymmetricZero)));
        }
    }
}
