namespace Mlorq.Vision.Tests;

public sealed class PictureInputTests
{
    [Fact]
    public void Channels_and_layout_are_read_from_the_shape()
    {
        Assert.Equal(new PictureInput("x", 3, 224, 192, Layout.Nchw), PictureInput.FromShape("x", [-1, 3, 224, 192]));
        Assert.Equal(new PictureInput("x", 1, 28, 28, Layout.Nchw) { Batch = 1 }, PictureInput.FromShape("x", [1, 1, 28, 28]));
        Assert.Equal(new PictureInput("x", 3, 224, 192, Layout.Nhwc) { Batch = 1 }, PictureInput.FromShape("x", [1, 224, 192, 3]));
        Assert.Equal(new PictureInput("x", 3, 0, 0, Layout.Nchw), PictureInput.FromShape("x", [-1, 3, -1, -1]));
    }

    [Fact]
    public void A_model_for_one_picture_may_have_no_axis_to_count_pictures()
    {
        var input = PictureInput.FromShape("x", [3, 128, -1]);
        Assert.Equal(new PictureInput("x", 3, 128, 0, Layout.Nchw) { Batch = 1, HasBatchAxis = false }, input);
        Assert.Equal([3, 128, 64], input.ShapeOf(1, new PictureSize(64, 128)));
        Assert.Equal([128, 64, 3], PictureInput.FromShape("x", [128, 64, 3]).ShapeOf(1, new PictureSize(64, 128)));
    }

    [Fact]
    public void Shapes_that_take_no_pictures_are_refused()
    {
        Assert.Contains("'x' has the shape [1, 197, 768];", Assert.Throws<PreprocessingException>(() => PictureInput.FromShape("x", [1, 197, 768])).Message, StringComparison.Ordinal);
        Assert.Contains("'ids' has the shape [?, 128];", Assert.Throws<PreprocessingException>(() => PictureInput.FromShape("ids", [-1, 128])).Message, StringComparison.Ordinal);
        Assert.Contains("'x' has the shape [1, 4, 64, 64];", Assert.Throws<PreprocessingException>(() => PictureInput.FromShape("x", [1, 4, 64, 64])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_default_preprocessing_fits()
    {
        foreach (var shape in new long[][] { [1, 3, 224, 224], [-1, 224, 224, 3], [1, 1, 28, 28], [1, 3, 64, 128], [-1, 3, -1, -1] })
        {
            var input = PictureInput.FromShape("x", shape);
            input.EnsureFits(input.DefaultPreprocessing());
        }
    }

    [Fact]
    public void All_differences_are_in_one_message()
    {
        var input = PictureInput.FromShape("x", [1, 1, 28, -1]);
        var e = Assert.Throws<PreprocessingException>(() => input.EnsureFits(Preprocessing.ForInput(224, 224, 3) with { Layout = Layout.Nhwc }));
        Assert.Equal(
            "The preprocessing does not fit the input 'x': it makes 3 channels, the input takes 1. its layout is Nhwc, the input's Nchw. "
            + "it makes 224x224 pixels, the input takes anyx28.",
            e.Message);
        e = Assert.Throws<PreprocessingException>(() => input.EnsureFits(Preprocessing.ForInput(28, 28, 1) with { Resize = new ResizeRule.ShorterSide(28) }));
        Assert.Contains("it gives pictures of different sizes, the input takes anyx28;", e.Message, StringComparison.Ordinal);
    }
}
