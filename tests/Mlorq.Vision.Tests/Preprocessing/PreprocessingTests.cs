namespace Mlorq.Vision.Tests;

public sealed class PreprocessingTests
{
    [Fact]
    public void A_square_RGB_input_gets_the_defaults_of_timm()
    {
        var p = Preprocessing.ForInput(224, 224, 3);
        Assert.Equal(new ResizeRule.ShorterSide(248), p.Resize);
        Assert.Equal(new PictureSize(224, 224), p.Crop);
        Assert.Equal(Interpolation.Bicubic, p.Interpolation);
        Assert.Equal([0.485f, 0.456f, 0.406f], p.Mean);
        Assert.Equal([0.229f, 0.224f, 0.225f], p.Std);
        Assert.Equal(new ResizeRule.ShorterSide(426), Preprocessing.ForInput(384, 384, 3).Resize);
    }

    [Fact]
    public void Other_inputs_are_resized_exactly()
    {
        var wide = Preprocessing.ForInput(height: 200, width: 320, channels: 3);
        Assert.Equal((new ResizeRule.Exact(320, 200), null), (wide.Resize, wide.Crop));
        var grey = Preprocessing.ForInput(28, 28, 1);
        Assert.Equal((new ResizeRule.Exact(28, 28), null), (grey.Resize, grey.Crop));
        Assert.Equal((0f, 1f), (Assert.Single(grey.Mean), Assert.Single(grey.Std)));
    }

    [Theory]
    [InlineData(4)]
    [InlineData(0)]
    public void Channels_that_no_picture_has_are_refused(int channels)
    {
        var e = Assert.Throws<PreprocessingException>(() => Preprocessing.ForInput(224, 224, channels));
        Assert.StartsWith($"The model's input takes {channels} channels of 224x224 pixels;", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(500, 375, 330, 248)]
    [InlineData(375, 500, 248, 330)]
    [InlineData(256, 256, 248, 248)]
    [InlineData(1024, 683, 371, 248)]
    public void The_shorter_side_gets_the_length_and_the_longer_is_rounded_down(int width, int height, int newWidth, int newHeight) =>
        Assert.Equal(new PictureSize(newWidth, newHeight), new ResizeRule.ShorterSide(248).NewSize(new PictureSize(width, height)));

    [Theory]
    [InlineData(5, 4, "0 1 2 3")] // (5 − 4) / 2 = 0.5 is rounded to 0,
    [InlineData(7, 4, "2 3 4 5")] // 1.5 to 2: Python rounds halves to even.
    [InlineData(4, 4, "0 1 2 3")]
    [InlineData(3, 6, "- 0 1 2 - -")] // padded; the odd zero at the end
    public void The_centre_crop_is_torchvisions(int width, int crop, string expected)
    {
        var row = new Picture(width, 1, 1, [.. Enumerable.Range(0, width).Select(x => (byte)(x + 1))]);
        var column = new Picture(1, width, 1, row.Pixels);
        var values = expected.Split(' ').Select(w => (byte)(w == "-" ? 0 : byte.Parse(w) + 1));
        Assert.Equal(values, CentreCrop.Apply(row, new PictureSize(crop, 1)).Pixels);
        Assert.Equal(values, CentreCrop.Apply(column, new PictureSize(1, crop)).Pixels);
    }

    [Fact]
    public void A_crop_can_pad_one_axis_and_cut_the_other()
    {
        var picture = new Picture(4, 1, 3, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
        Assert.Equal(
            [0, 0, 0, 0, 0, 0, 4, 5, 6, 7, 8, 9, 0, 0, 0, 0, 0, 0],
            CentreCrop.Apply(picture, new PictureSize(2, 3)).Pixels);
    }

    [Fact]
    public void Values_are_scaled_and_normalised_in_either_layout()
    {
        var picture = new Picture(2, 1, 3, [0, 51, 102, 153, 204, 255]);
        var p = new Preprocessing { Mean = [0.5f, 0.25f, 0f], Std = [0.5f, 1f, 2f] };
        float[] expected = [(0f - 0.5f) / 0.5f, ((153 / 255f) - 0.5f) / 0.5f, (51 / 255f) - 0.25f, (204 / 255f) - 0.25f, 102 / 255f / 2f, 0.5f];
        Assert.Equal(expected, p.Apply(picture));
        Assert.Equal([expected[0], expected[2], expected[4], expected[1], expected[3], expected[5]], (p with { Layout = Layout.Nhwc }).Apply(picture));
    }

    [Fact]
    public void Channels_follow_the_preprocessing()
    {
        var colour = new Picture(1, 1, 3, [255, 0, 0]);
        var grey = new Picture(1, 1, 1, [51]);
        var plain = new Preprocessing { Mean = [0f], Std = [1f] };
        Assert.Equal([76 / 255f], (plain with { Channels = 1 }).Apply(colour));
        Assert.Equal([51 / 255f, 51 / 255f, 51 / 255f], plain.Apply(grey));
    }

    [Fact]
    public void Wrong_values_are_all_named_before_anything_is_computed()
    {
        var wrong = new Preprocessing { Channels = 2, Crop = new PictureSize(0, 5), Mean = [float.NaN], Std = [0f] };
        var e = Assert.Throws<PreprocessingException>(() => wrong.Apply(new Picture(1, 1, 1, [0])));
        Assert.Equal(
            "The preprocessing is not valid: channels is 2; 1 (grey) or 3 (RGB) are possible. crop is 0x5; sizes are at least 1. "
            + "mean is NaN; every number must be finite. std is 0; every number must be above 0.",
            e.Message);
    }
}
