using SkiaSharp;

namespace Mlorq.Vision.Tests;

public sealed class PictureDecoderTests
{
    public static TheoryData<string> Files => [.. Fixtures.Read("expected.tsv", "decode ").Select(e => e.Name[7..])];

    [Theory]
    [MemberData(nameof(Files))]
    public void A_file_is_decoded_to_the_bytes_that_Pillow_gives(string file)
    {
        var expected = Assert.Single(Fixtures.Read("expected.tsv", "decode "), e => e.Name == $"decode {file}");
        Assert.Null(expected.Difference(PictureDecoder.Decode(Fixtures.PathOf(file))));
    }

    [Fact]
    public void Luma_has_the_bits_of_PIL()
    {
        var expected = Assert.Single(Fixtures.Read("expected.tsv", "grey of rgb.png"));
        Assert.Null(expected.Difference(PictureDecoder.Decode(Fixtures.PathOf("rgb.png")).ToGrey()));
    }

    [Theory]
    [InlineData("rgb.png")]
    [InlineData("grey.png")]
    [InlineData("baseline.jpg")]
    [InlineData("progressive.jpg")]
    [InlineData("lossy.webp")]
    [InlineData("lossless.webp")]
    public void A_file_cut_off_anywhere_is_refused_with_its_name(string file)
    {
        var content = File.ReadAllBytes(Fixtures.PathOf(file));
        foreach (var part in new[] { 1, 3, 8, 20, 40, content.Length / 4, content.Length / 2, content.Length * 9 / 10 })
        {
            var e = Assert.Throws<PictureException>(() => PictureDecoder.Decode(content[..part], "cut.bin"));
            Assert.StartsWith("The picture 'cut.bin' cannot be read: ", e.Message, StringComparison.Ordinal);
            Assert.Equal("cut.bin", e.File);
        }
    }

    [Fact]
    public void A_truncated_file_is_called_truncated()
    {
        var content = File.ReadAllBytes(Fixtures.PathOf("baseline.jpg"));
        var e = Assert.Throws<PictureException>(() => PictureDecoder.Decode(content[..(content.Length / 2)], "a.jpg"));
        Assert.Equal("The picture 'a.jpg' cannot be read: the file is truncated. Copy it again or remove it.", e.Message);
    }

    [Fact]
    public void Empty_missing_and_foreign_files_are_told_apart()
    {
        Assert.Equal("The picture 'a' cannot be read: the file is empty.", Assert.Throws<PictureException>(() => PictureDecoder.Decode([], "a")).Message);
        Assert.Equal(
            "The picture 'a' cannot be read: it is no PNG, JPEG or WebP file. Convert or remove it.",
            Assert.Throws<PictureException>(() => PictureDecoder.Decode("no picture at all"u8.ToArray(), "a")).Message);
        Assert.Contains("there is no such file", Assert.Throws<PictureException>(() => PictureDecoder.Decode("/nowhere/a.png")).Message, StringComparison.Ordinal);
        Assert.Throws<PictureException>(() => PictureDecoder.Decode(Path.GetTempPath()));
    }

    [Fact]
    public void Another_picture_format_is_named()
    {
        // A GIF of one white pixel.
        var gif = Convert.FromBase64String("R0lGODlhAQABAIAAAP///wAAACwAAAAAAQABAAACAkQBADs=");
        Assert.Contains("it is a Gif file", Assert.Throws<PictureException>(() => PictureDecoder.Decode(gif, "a")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_embedded_colour_profile_changes_nothing()
    {
        using var bitmap = new SKBitmap(new SKImageInfo(2, 1, SKColorType.Rgba8888, SKAlphaType.Opaque, SKColorSpace.CreateRgb(SKColorSpaceTransferFn.TwoDotTwo, SKColorSpaceXyz.AdobeRgb)));
        bitmap.SetPixel(0, 0, new SKColor(200, 30, 90));
        bitmap.SetPixel(1, 0, new SKColor(5, 250, 128));
        byte[] stored = [.. bitmap.Bytes[..3], .. bitmap.Bytes[4..7]];
        using var png = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        Assert.True(png.ToArray().AsSpan().IndexOf("iCCP"u8) > 0);
        Assert.Equal(stored, PictureDecoder.Decode(png.ToArray(), "a").Pixels);
    }
}
