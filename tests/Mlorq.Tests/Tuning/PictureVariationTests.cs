using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Tests;
using Mlorq.Tuning;

namespace Mlorq.Tests.Tuning;

public class PictureVariationTests
{
    [Theory]
    [InlineData(1, 1, 28, 28)]
    [InlineData(3, 3, 17, 23)]
    [InlineData(1, 3, 1, 1)]
    public void Shapes_stay_and_values_stay_within_each_planes_range(int pictures, int planes, int height, int width)
    {
        var batch = Random(pictures, planes, height, width);
        for (ulong seed = 0; seed < 40; seed++)
        {
            var varied = PictureVariation.Of(batch, seed);
            Assert.Equal(["x"], varied.Keys);
            Assert.Equal([pictures, planes, height, width], varied["x"].Shape);
            for (var plane = 0; plane < pictures * planes; plane++)
            {
                var before = batch["x"].Floats.Slice(plane * height * width, height * width).ToArray();
                var after = varied["x"].Floats.Slice(plane * height * width, height * width).ToArray();
                // Interpolation rounds once or twice.
                Assert.InRange(after.Min(), before.Min() - 1e-5f, before.Max() + 1e-5f);
                Assert.InRange(after.Max(), before.Min() - 1e-5f, before.Max() + 1e-5f);
            }
        }
    }

    [Fact]
    public void A_picture_of_one_value_stays_as_it_is()
    {
        var batch = Of(Enumerable.Repeat(0.7f, 3 * 8 * 9), 1, 3, 8, 9);
        Assert.All(PictureVariation.Of(batch, 3)["x"].Floats.ToArray(), v => Assert.Equal(0.7f, v));
    }

    [Fact]
    public void The_given_picture_is_not_changed()
    {
        var batch = Random(1, 1, 12, 12);
        var before = batch["x"].Bytes.ToArray();
        Assert.NotEqual(before, PictureVariation.Of(batch, 1)["x"].Bytes.ToArray());
        Assert.Equal(before, batch["x"].Bytes.ToArray());
    }

    [Fact]
    public void The_same_seed_gives_the_same_bytes_and_other_seeds_others()
    {
        var batch = Random(2, 3, 12, 12);
        Assert.Equal(PictureVariation.Of(batch, 9)["x"].Bytes.ToArray(), PictureVariation.Of(batch, 9)["x"].Bytes.ToArray());
        var varied = Enumerable.Range(0, 50).Select(s => Convert.ToHexString(PictureVariation.Of(batch, (ulong)s)["x"].Bytes.Span)).ToList();
        Assert.Equal(50, varied.Distinct().Count());
    }

    [Fact]
    public void Pictures_of_a_batch_are_varied_each_in_its_own_way()
    {
        var one = Random(1, 1, 12, 12)["x"].Floats.ToArray();
        var varied = PictureVariation.Of(Of([.. one, .. one], 2, 1, 12, 12), 4)["x"].Floats.ToArray();
        Assert.NotEqual(varied[..144], varied[144..]);
    }

    // Values that rise from left to right and from top to bottom: which way they rise afterwards says what was mirrored, and how fast says how much was taken.
    [Fact]
    public void Every_second_picture_is_mirrored_none_turned_over_and_parts_are_between_half_and_all()
    {
        const int Side = 32;
        const int Count = 2000;
        var across = Of(Enumerable.Range(0, Side * Side).Select(k => (float)(k % Side)), 1, 1, Side, Side);
        var down = Of(Enumerable.Range(0, Side * Side).Select(k => (float)(k / Side)), 1, 1, Side, Side);
        var (mirrored, areas) = (0, new List<double>());
        for (ulong seed = 0; seed < Count; seed++)
        {
            var x = PictureVariation.Of(across, seed)["x"].Floats;
            var y = PictureVariation.Of(down, seed)["x"].Floats;
            // The ends are cut off at the border of the picture.
            var wide = (x[Side - 4] - x[3]) / (Side - 7);
            var tall = (y[(Side - 4) * Side] - y[3 * Side]) / (Side - 7);
            if (wide < 0) mirrored++;
            Assert.InRange(tall, 0.5, 1.001);
            Assert.InRange(Math.Abs(wide), 0.5, 1.001);
            areas.Add(tall * Math.Abs(wide));
        }

        // A standard deviation of 22.
        Assert.InRange(mirrored, 900, 1100);
        Assert.InRange(areas.Min(), 0.49, 0.53);
        Assert.InRange(areas.Max(), 0.93, 1.001);
        Assert.InRange(areas.Average(), 0.72, 0.76);
    }

    [Fact]
    public void Models_that_take_pictures_alone_are_fit()
    {
        Assert.True(Fits(i => i.Input("x", null, 3, 224, 224)));
        Assert.True(Fits(i => i.Input("x", 4, 1, null, null)));
        Assert.False(Fits(i => i.Input("x", null, 64)));
        Assert.False(Fits(i => i.Input("x", null, 16, 14, 14)));
        Assert.False(Fits(i => i.Input("x", null, 224, 224, 3)));
        Assert.False(Fits(i => i.Input("x", null, null, 28, 28)));
        Assert.False(Fits(i => i.Input("x", ElementType.Int64, null, 3, 28, 28)));
        Assert.False(Fits(i => i.Input("x", null, 3, 28, 28).Input("mask", null, 28)));
        Assert.True(PictureVariation.Fits(VitFashion.Canonical));
        Assert.False(PictureVariation.Fits(TinyModels.Text().Build()));

        static bool Fits(Func<GraphBuilder, GraphBuilder> inputs) => PictureVariation.Fits(inputs(new GraphBuilder()).Output("y").Node("Relu", "x", "y").Build());
    }

    private static Dictionary<string, Tensor> Random(params long[] shape) => new() { ["x"] = RandomInputs.Floats(new Random(1), shape) };

    private static Dictionary<string, Tensor> Of(IEnumerable<float> values, params long[] shape) => new() { ["x"] = Tensor.Of([.. values], shape) };
}
