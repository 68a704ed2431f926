using Mlorq.IntraLayer;
using Mlorq.Layers;
using Mlorq.Onnx;
using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Passes;
using Mlorq.Onnx.Tests;
using Mlorq.Quantization;
using Mlorq.Rewriting;
using Mlorq.Rounding;
using Mlorq.Tests.Quantization;

namespace Mlorq.Tests.Rewriting;

public class PackedKernelTests
{
    // Rows of 36, 27, 576 and 9 weights: shorter than, not a multiple of, and a multiple of blocks; the last with a channel for each group.
    [Theory]
    [InlineData(32, 4, 3, 1)]
    [InlineData(41, 3, 3, 1)]
    [InlineData(64, 64, 3, 1)]
    [InlineData(128, 1, 3, 128)]
    public void Every_format_gives_back_the_kernel_that_its_codes_mean(int outChannels, int inChannels, int side, int groups)
    {
        var model = Model(outChannels, inChannels, side, groups);
        var found = LayerFinder.Find(model);
        var layer = found.Layers.OfType<ConvolutionLayer>().Single();
        var (inputs, random) = (RandomInputs.For(model), new Random(1));
        foreach (var format in Formats.Plain.Where(f => f.Symmetry == Symmetry.Symmetric))
        {
            var matrix = OneLayer.RandomMatrix(layer.Rows, layer.Columns, format, random);
            var layers = OneLayer.Others(model, new RoundedLayer.Kernel(layer, new Candidate.Dense(format), matrix));
            var compressed = ModelRewriter.Replace(model, layers, OneLayer.NoMetadata);
            var inspected = ModelInspection.Of(OnnxReader.Parse(OnnxWriter.ToBytes(ModelRewriter.Replace(model, layers, new Dictionary<string, string> { ["mlorq.version"] = "0" }))));
            Assert.Contains(inspected.Layers, l => l.Name == layer.Name && l.Form == format.ToString() && l.Shape.SequenceEqual(layer.Shape));

            // The kernel's s · c − s · z is rounded otherwise than s · (c − z) in the last bits.
            var expected = Judge.Run(SimulatedWeights.Of(model, layers), inputs)[0].Floats.ToArray();
            TestKit.Close.Equal(expected, Judge.Run(compressed, inputs)[0].Floats, 0, 1e-5 * expected.Max(Math.Abs));
            Assert.Equal(compressed.SizeInBytes, ModelRewriter.SizeInBytes(model, [.. layers.Select(l => (l.Layer, l.Candidate))], OneLayer.NoMetadata));
        }
    }

    [Fact]
    public void Nothing_of_the_unpacking_is_left_after_loading()
    {
        var model = Model(32, 4, 3, 1);
        var layer = LayerFinder.Find(model).Layers.OfType<ConvolutionLayer>().Single();
        var before = OneLayer.KeptOperators(model).Order().ToList();
        foreach (var format in Formats.Plain.Where(f => f.Granularity.Size is 0 or 32 && f.Symmetry == Symmetry.Symmetric))
        {
            var matrix = OneLayer.RandomMatrix(layer.Rows, layer.Columns, format, new Random(1));
            var layers = OneLayer.Others(model, new RoundedLayer.Kernel(layer, new Candidate.Dense(format), matrix));
            Assert.Equal(before, OneLayer.KeptOperators(ModelRewriter.Replace(model, layers, OneLayer.NoMetadata)).Order());
        }
    }

    private static Model Model(int outChannels, int inChannels, int side, int groups) => Canonicalize.Apply(new GraphBuilder()
        .Input("x", 1, inChannels * groups, 9, 9).Weight("kernel", outChannels, inChannels, side, side).Weight("w", 32, 32).Input("v", 1, 32).Output("y").Output("z")
        .Node("Conv", "x,kernel", "y", NodeAttribute.Int("group", groups)).Node("MatMul", "v,w", "z").Build());
}
