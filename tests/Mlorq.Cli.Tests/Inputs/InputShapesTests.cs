using Mlorq.Cli.Inputs;
using Mlorq.Onnx.Graphs;

namespace Mlorq.Cli.Tests.Inputs;

public class InputShapesTests
{
    [Fact]
    public void The_first_dimension_is_the_batch_where_it_is_open()
    {
        var shapes = Of([Input("picture", null, 3, 8, 8), Input("threshold"), Input("state", 2, 5)]);
        Assert.Null(shapes.FixedBatch);
        Assert.Equal([[4, 3, 8, 8], [], [2, 5]], shapes.At(4));
    }

    [Fact]
    public void Shapes_that_are_given_fill_what_is_open()
    {
        var shapes = Of([Input("ids", null, null), Input("past", null, 12, null, 64)], "ids=Nx128", "past=Nx12x0x64");
        Assert.Null(shapes.FixedBatch);
        Assert.Equal([[8, 128], [8, 12, 0, 64]], shapes.At(8));
    }

    [Fact]
    public void The_batch_may_be_another_dimension_and_shapes_may_be_unknown()
    {
        var shapes = Of([Input("frames", null, null, 80), new ValueInfo("any", ElementType.Float, null)], "frames=16xNx80", "any=3xN");
        Assert.Equal([[16, 2, 80], [3, 2]], shapes.At(2));
    }

    [Fact]
    public void All_that_is_missing_is_named_with_what_to_write()
    {
        var shapes = Of([Input("ids", null, null), Input("mask", null, 1, null), new ValueInfo("any", ElementType.Float, null), Input("scale", 1)]);
        var message = Assert.Throws<UsageException>(() => shapes.At(1)).Message;
        Assert.Equal(
            "'m.onnx' leaves more open than the batch: ids float [?, ?]; mask float [?, 1, ?]; any float […]. Give these shapes, with N for the batch and a number for each ?: "
            + "--shape ids=Nx? --shape mask=Nx1x? --shape any=Nx?",
            message);
    }

    [Fact]
    public void A_fixed_batch_is_told_with_its_numbers()
    {
        var shapes = Of([Input("scale"), Input("picture", 4, 3, 8, 8)]);
        Assert.Equal(4, shapes.FixedBatch);
        Assert.Equal([[], [4, 3, 8, 8]], shapes.At(4));
        Assert.Equal("'m.onnx' takes a batch of 4 (scale []; picture [4, 3, 8, 8]), not 8. Use --batch 4.", Assert.Throws<UsageException>(() => shapes.At(8)).Message);
    }

    [Fact]
    public void Numbers_given_for_an_open_batch_fix_it()
    {
        var shapes = Of([Input("ids", null, null), Input("mask", null, null)], "ids=1x128", "mask=1x128");
        Assert.Equal(1, shapes.FixedBatch);
        Assert.Equal(
            "'m.onnx' takes a batch of 1 (ids [1, 128]; mask [1, 128]), not 8. Use --batch 1, or write N for the batch: --shape ids=Nx128 --shape mask=Nx128.",
            Assert.Throws<UsageException>(() => shapes.At(8)).Message);
    }

    [Fact]
    public void A_single_picture_has_no_batch_dimension()
    {
        Assert.Equal(1, Of([Input("image", 3, 128, 128)]).FixedBatch);
        Assert.Equal(3, Of([Input("x", 3, 64)]).FixedBatch);
        Assert.Equal(1, Of([Input("scale")]).FixedBatch);
        Assert.Equal(1, Of([]).FixedBatch);
    }

    [Theory]
    [InlineData("x=Nx8", "[1, 8]")]
    [InlineData("x=Nx7x9", "[1, 7, 9]")]
    [InlineData("x=Nx8x8x8", "[1, 8, 8, 8]")]
    public void A_shape_that_contradicts_the_model_is_refused(string given, string numbers)
    {
        var message = Assert.Throws<UsageException>(() => Of([Input("x", null, 8, null)], given).At(1)).Message;
        Assert.StartsWith($"--shape {given} makes the input {numbers}, but 'm.onnx' declares x float [?, 8, ?].", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("x=1x3", "x", new long[] { 1, 3 })]
    [InlineData("a=b=Nx0", "a=b", new long[] { 5, 0 })]
    [InlineData("x=N", "x", new long[] { 5 })]
    public void Shapes_are_read_from_text(string text, string name, long[] atFive)
    {
        var shape = GivenShape.Parse(text);
        Assert.Equal(name, shape.Name);
        Assert.Equal(atFive, shape.At(5));
        Assert.Equal(text, shape.ToString());
    }

    [Theory]
    [InlineData("x")]
    [InlineData("x=")]
    [InlineData("=1x3")]
    [InlineData("x=1,3")]
    [InlineData("x=1x-3")]
    [InlineData("x=1xn")]
    [InlineData("x=1x99999999999")]
    public void Text_that_is_no_shape_is_refused(string text) =>
        Assert.Contains($"'{text}'", Assert.Throws<UsageException>(() => GivenShape.Parse(text)).Message, StringComparison.Ordinal);

    private static ValueInfo Input(string name, params long?[] shape) => new(name, ElementType.Float, shape);

    private static InputShapes Of(IReadOnlyList<ValueInfo> inputs, params string[] given) => new("m.onnx", inputs, [.. given.Select(GivenShape.Parse)]);
}
