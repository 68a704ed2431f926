using CsCheck;

namespace Mlorq.Vision.Tests;

public sealed class ResamplingTests
{
    [Fact]
    public void All_filters_and_sizes_give_the_bits_of_PIL()
    {
        var cases = Fixtures.Read("expected.tsv", "resize ");
        Assert.Equal(72, cases.Count);
        Assert.All(cases, e => Assert.Null(Check(e)));

        static string? Check(Fixtures.Expected e)
        {
            var words = e.Name.Split(' ');
            var picture = PictureDecoder.Decode(Fixtures.PathOf(words[1]));
            return e.Difference(Resampling.Resize(picture, e.Width, e.Height, Enum.Parse<Interpolation>(words[3], ignoreCase: true)));
        }
    }

    [Fact]
    public void A_picture_of_one_colour_keeps_it() => Gen.Select(Gen.Int[1, 40], Gen.Int[1, 40], Gen.Int[1, 60], Gen.Int[1, 60], Gen.Byte, Gen.Enum<Interpolation>())
        .Sample((width, height, newWidth, newHeight, value, interpolation) =>
        {
            var picture = new Picture(width, height, 3, Enumerable.Repeat(value, width * height * 3).ToArray());
            var result = Resampling.Resize(picture, newWidth, newHeight, interpolation);
            Assert.Equal((newWidth, newHeight), (result.Width, result.Height));
            Assert.All(result.Pixels, p => Assert.Equal(value, p));
        });

    [Fact]
    public void Each_channel_of_a_colour_picture_is_resampled_like_a_grey_picture() => Gen.Select(Gen.Int[1, 50], Gen.Int[1, 50], Gen.Int[1, 60], Gen.Int[1, 60], Gen.Int[0, 1000], Gen.Enum<Interpolation>())
        .Sample((width, height, newWidth, newHeight, seed, interpolation) =>
        {
            var pixels = new byte[width * height * 3];
            new Random(seed).NextBytes(pixels);
            var colour = Resampling.Resize(new Picture(width, height, 3, pixels), newWidth, newHeight, interpolation);
            for (var c = 0; c < 3; c++)
            {
                var grey = new Picture(width, height, 1, pixels.Where((_, i) => i % 3 == c).ToArray());
                Assert.Equal(Resampling.Resize(grey, newWidth, newHeight, interpolation).Pixels, colour.Pixels.Where((_, i) => i % 3 == c));
            }
        });
}
