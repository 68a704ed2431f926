using Mlorq.IntraLayer;
using Mlorq.Layers;
using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Passes;
using Mlorq.Onnx.Tests;
using Mlorq.Quantization;
using Mlorq.Rewriting;
using Mlorq.Rounding;
using Mlorq.Tests.Quantization;

namespace Mlorq.Tests.Rewriting;

public class ResidentSizeTests
{
    [Theory]
    [InlineData(RuntimeProfile.Memory)]
    [InlineData(RuntimeProfile.Speed)]
    public void A_linear_layer_takes_what_its_folded_constants_take(RuntimeProfile runtime)
    {
        var model = OneLayer.Model(80, 33, bias: true);
        var layer = LayerFinder.Find(model).Linear.Single();
        var random = new Random(1);
        var formats = Formats.All.Where(f => f.Granularity.Size is 0 or 16).ToList();
        var low = new WeightFormat(BitWidth.Two, Granularity.Group(32), Symmetry.Symmetric);
        List<RoundedLayer> all =
        [
            .. formats.Select(f => new RoundedLayer.Dense(layer, new Candidate.Dense(f), OneLayer.RandomMatrix(33, 80, f, random), OneLayer.RandomBias(layer, random))),
            OneLayer.RandomMixed(layer, low, low with { BitWidth = BitWidth.Four }, 12, random),
            .. formats.Select(f => new RoundedLayer.LowRank(
                layer, new Candidate.LowRank(20, f, f), OneLayer.RandomMatrix(33, 20, f, random), OneLayer.RandomMatrix(20, 80, f, random), OneLayer.RandomBias(layer, random))),
            new RoundedLayer.Converted(layer, new Candidate.Half()),
        ];
        foreach (var rounded in all) Assert.Equal((rounded.Candidate, Kept(model, rounded, runtime)), (rounded.Candidate, ResidentSize.InBytes(layer, rounded.Candidate, runtime)));
    }

    [Fact]
    public void A_table_in_bytes_stays_in_bytes_and_other_constants_are_floats()
    {
        var model = Canonicalize.Apply(new GraphBuilder().Input("ids", ElementType.Int64, 2).Weight("t", 100, 32).Output("y").Node("Gather", "t,ids", "r").Weight("w", 32, 32).Node("MatMul", "r,w", "y").Build());
        var table = LayerFinder.Find(model).Layers.OfType<TableLayer>().Single();
        Assert.Equal(100 * 34, ResidentSize.InBytes(table, new Candidate.Rows8(), RuntimeProfile.Memory));
        Assert.Equal(100 * 34, ResidentSize.InBytes(table, new Candidate.Rows8(), RuntimeProfile.Speed));
        Assert.Equal(100 * 32 * 4, ResidentSize.InBytes(table, new Candidate.Half(), RuntimeProfile.Speed));
    }

    private static long Kept(Model model, RoundedLayer rounded, RuntimeProfile runtime)
    {
        var graph = OneLayer.Optimized(ModelRewriter.Replace(model, OneLayer.Others(model, rounded), OneLayer.NoMetadata, runtime)).Graph;
        return graph.Nodes.SelectMany(n => n.Inputs).Where(graph.HasInitializer).Sum(i => graph.InitializerSpec(i).DataSizeInBytes);
    }
}
