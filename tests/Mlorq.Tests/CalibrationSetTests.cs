using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Tests;

namespace Mlorq.Tests;

public class CalibrationSetTests
{
    private static readonly Tensor Seven = RandomInputs.Floats(new Random(1), 7, 64);

    [Theory]
    [InlineData(1, 7)]
    [InlineData(3, 3)]
    [InlineData(7, 1)]
    [InlineData(100, 1)]
    public void Batches_together_are_the_whole(int batchSize, int batches)
    {
        var set = CalibrationSet.Of(new Dictionary<string, Tensor> { ["x"] = Seven }, batchSize);
        Assert.Equal(batches, set.Batches.Count);
        Assert.Equal(7, set.Count);
        Assert.Equal(Seven.Floats.ToArray(), set.Batches.SelectMany(b => b["x"].Floats.ToArray()));
    }

    [Fact]
    public void Taking_samples_takes_whole_batches()
    {
        var set = CalibrationSet.Of(new Dictionary<string, Tensor> { ["x"] = Seven }, 3);
        Assert.Equal([0L, 3, 3, 6, 7, 7], new long[] { 0, 1, 3, 4, 7, 100 }.Select(n => set.Take(n).Count));
    }

    [Fact]
    public void Samples_of_a_model_without_an_axis_for_them_are_counted_all_the_same()
    {
        var set = CalibrationSet.OneByOne(new Dictionary<string, Tensor> { ["x"] = Seven.Reshape(7, 4, 16) });
        Assert.Equal(7, set.Count);
        Assert.Equal(3, set.Take(3).Count);
        Assert.Equal([4L, 16], set.Batches[0]["x"].Shape);
        Assert.Equal(Seven.Floats.ToArray(), set.Batches.SelectMany(b => b["x"].Floats.ToArray()));
        // An open first axis says nothing about samples here.
        Assert.Same(set, set.Singles(new GraphBuilder().Input("x", null, 16).Output("y").Node("Neg", "x", "y").Build()));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void Batch_sizes_below_one_are_refused(int batchSize) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => CalibrationSet.Of(new Dictionary<string, Tensor> { ["x"] = Seven }, batchSize));

    [Fact]
    public void What_does_not_fit_the_model_is_told()
    {
        var model = TinyModels.TwoLayers().Build();
        Assert.Equal(
            "The model has no input 'z'. Its inputs are: x float [?, 64].",
            Message(new() { ["z"] = Seven }));
        Assert.Equal(
            "Input 'x' takes Float, but its calibration data are Int64.",
            Message(new() { ["x"] = Tensor.Of(new long[64], 1, 64) }));
        Assert.Equal(
            "Calibration data of shape [1, 32] do not fit the input x float [?, 64].",
            Message(new() { ["x"] = Tensor.Of(new float[32], 1, 32) }));
        Assert.Equal(
            "Input 'x' has no calibration data. The model's inputs are: x float [?, 64]. Give each of them a .npy file.",
            Message([]));

        string Message(Dictionary<string, Tensor> batch) => Assert.Throws<CalibrationException>(() => new CalibrationSet([batch]).EnsureFits(model)).Message;
    }

    [Fact]
    public void Batches_are_split_where_the_first_axis_is_open()
    {
        var model = TinyModels.TwoLayers().Build();
        var singles = CalibrationSet.Of(new Dictionary<string, Tensor> { ["x"] = Seven }, 3).Singles(model);
        Assert.Equal(7, singles.Batches.Count);
        Assert.All(singles.Batches, b => Assert.Equal([1L, 64], b["x"].Shape));
        Assert.Equal(Seven.Floats.ToArray(), singles.Batches.SelectMany(b => b["x"].Floats.ToArray()));
    }

    [Fact]
    public void Batches_stay_where_an_input_has_a_fixed_or_an_unknown_first_axis()
    {
        var set = CalibrationSet.Of(new Dictionary<string, Tensor> { ["x"] = Seven, ["z"] = Seven }, 7);
        Assert.Same(set, set.Singles(new GraphBuilder().Input("x", null, 64).Input("z", 7, 64).Output("y").Node("Add", "x,z", "y").Build()));
        Assert.Same(set, set.Singles(new GraphBuilder().Input("x", null, 64).Input("z").Output("y").Node("Add", "x,z", "y").Build()));
        Assert.Equal(7, set.Singles(new GraphBuilder().Input("x", null, 64).Input("z", null, 64).Output("y").Node("Add", "x,z", "y").Build()).Batches.Count);
    }

    // Seven words for one picture, say: which of them belong together is not known.
    [Fact]
    public void Batches_stay_where_inputs_have_different_numbers_of_samples()
    {
        var model = new GraphBuilder().Input("x", null, 64).Input("z", null, 64).Output("y").Node("Add", "x,z", "y").Build();
        var uneven = new Dictionary<string, Tensor> { ["x"] = Seven, ["z"] = RandomInputs.Floats(new Random(2), 1, 64) };
        var even = new Dictionary<string, Tensor> { ["x"] = Seven, ["z"] = Seven };
        var singles = new CalibrationSet([uneven, even]).Singles(model);
        Assert.Equal(8, singles.Batches.Count);
        Assert.Same(uneven, singles.Batches[0]);
    }
}
