using Mlorq.Layers;
using Mlorq.Onnx;
using Mlorq.Onnx.Execution;
using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Passes;
using Mlorq.Onnx.Tests;
using Mlorq.TestKit;

namespace Mlorq.Tests.Layers;

public class TransformerBlocksTests
{
    [Fact]
    public void The_samples_six_blocks_and_its_head_begin_at_borders()
    {
        var parts = Parts(VitFashion.Canonical, out var inputs);
        Assert.Equal(7, inputs.Count);
        Assert.Equal(8, parts.Count);
        // The patches, and no block yet.
        Assert.DoesNotContain(parts[0].Nodes, n => n.Is("Softmax"));
        for (var block = 0; block < 6; block++)
        {
            var part = parts[block + 1];
            Assert.Single(part.Nodes, n => n.Is("Softmax"));
            Assert.Equal(["attn/proj", "attn/qkv", "mlp/fc1", "mlp/fc2"], part.Layers.Where(l => l.Name.StartsWith($"blocks/blocks.{block}/", StringComparison.Ordinal)).Select(l => l.Name[(l.Name.IndexOf('/', 7) + 1)..]).Order());
            Assert.Equal(4, part.Layers.Count);
        }

        // The head stands behind the last block.
        Assert.DoesNotContain(parts[7].Nodes, n => n.Is("Softmax"));
        Assert.Contains(parts[7].Nodes, n => n.Outputs.Contains("logits"));
    }

    // 12 blocks and a head; 6 blocks, 2 reductions and a head behind the patches; 2 blocks, of which the first has the embedding, and a head. The levels of the
    // detector's pyramid are alive to its end, so that only the blocks of the first level are cut off.
    [Theory]
    [InlineData("models/deit_tiny_patch16_224.onnx", 13, 1)]
    [InlineData("models/structures/swin_random_op13.onnx", 9, 1)]
    [InlineData("models/structures/swin_random_op17.onnx", 9, 1)]
    [InlineData("models/structures/text_encoder_random_op14.onnx", 2, 1)]
    [InlineData("models/structures/mask_rcnn_swin_random_op16.onnx", 2, 5)]
    public void Real_models_fall_into_blocks(string file, int expected, int mostAttentions)
    {
        var model = Canonicalize.Apply(OnnxReader.Read(TestFiles.Shared(file)));
        var parts = Parts(model, out var inputs);
        Assert.Equal((expected, expected + 1), (inputs.Count, parts.Count));
        Assert.Equal(mostAttentions, parts.Max(p => p.Nodes.Count(n => n.Is("Softmax"))));
        Assert.Equal(inputs.Count, inputs.Distinct().Count());
    }

    [Fact]
    public void No_border_lies_between_a_layer_and_its_bias()
    {
        foreach (var model in new[] { VitFashion.Canonical, Chain(attends: true), Chain(attends: false), Canonicalize.Apply(TinyModels.TwoLayers().Build()) })
        {
            var products = LayerFinder.Find(model).Linear.Where(l => l.Bias is not null).Select(l => l.Uses[0].Outputs[0]).ToList();
            Assert.NotEmpty(products);
            Assert.Empty(Inputs(model).Intersect(products));
        }
    }

    // Three layers in a row, each followed by Relu: nothing but borders.
    [Fact]
    public void A_graph_without_attention_falls_apart_at_its_layers()
    {
        var model = Chain(attends: false);
        var parts = Parts(model, out var inputs);
        Assert.Equal(inputs.Count + 1, parts.Count);
        Assert.All(inputs, i => Assert.Contains(model.Graph.Nodes, n => n.Outputs.Contains(i)));
        Assert.All(parts, p => Assert.InRange(p.Layers.Count, 0, 1));
        Assert.Equal(3, parts.Sum(p => p.Layers.Count));
    }

    // The table's rows are an output too, and so alive to the end beside whatever is computed from them.
    [Fact]
    public void A_graph_that_does_not_fall_apart_has_no_borders()
    {
        var model = Canonicalize.Apply(TinyModels.Text().Output("e").Build());
        var parts = Parts(model, out var inputs);
        Assert.Empty(inputs);
        Assert.Single(parts);
    }

    [Fact]
    public void A_single_layer_has_no_borders() => Assert.Empty(Inputs(Canonicalize.Apply(new GraphBuilder().Input("x", null, 64).Weight("w", 64, 64).Output("y").Node("MatMul", "x,w", "y").Build())));

    private static Model Chain(bool attends) => Canonicalize.Apply(new GraphBuilder()
        .Input("x", null, 64).Weight("w1", 64, 64).Weight("b1", 64).Weight("w2", 64, 64).Weight("b2", 64).Weight("w3", 64, 64).Weight("b3", 64).Output("y")
        .Node("MatMul", "x,w1", "p1").Node("Add", "p1,b1", "h1").Node(attends ? "Softmax" : "Relu", "h1", "r1")
        .Node("MatMul", "r1,w2", "p2").Node("Add", "p2,b2", "h2").Node(attends ? "Softmax" : "Relu", "h2", "r2")
        .Node("MatMul", "r2,w3", "p3").Node("Add", "p3,b3", "y").Build());

    private static IReadOnlyList<string> Inputs(Model model) => TransformerBlocks.Inputs(model.Graph, LayerFinder.Find(model).Layers);

    private static List<(IReadOnlyList<Node> Nodes, List<LinearLayer> Layers)> Parts(Model model, out IReadOnlyList<string> inputs)
    {
        inputs = Inputs(model);
        var linear = LayerFinder.Find(model).Linear.ToList();
        return [.. ModelSegments.Cut(model, inputs).Segments.Select(s => (s.Nodes, linear.Where(l => l.Uses.Any(u => s.Nodes.Contains(u))).ToList()))];
    }
}
