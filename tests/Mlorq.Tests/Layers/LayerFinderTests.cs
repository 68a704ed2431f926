using Mlorq.Layers;
using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Passes;
using Mlorq.Onnx.Tests;

namespace Mlorq.Tests.Layers;

public class LayerFinderTests
{
    [Theory]
    [InlineData(0, 1f)]
    [InlineData(1, 1f)]
    [InlineData(1, 0.5f)]
    public void Gemm_of_any_form_is_a_linear_layer_with_its_bias(long transposed, float alpha)
    {
        long[] shape = transposed == 1 ? [48, 32] : [32, 48];
        var found = Find(new GraphBuilder().Input("x", 3, 32).Weight("w", shape).Weight("b", 48).Output("y")
            .Node("Gemm", "x,w,b", "y", NodeAttribute.Int("transB", transposed), NodeAttribute.Float("alpha", alpha)));

        var layer = found.Linear.Single();
        Assert.Equal((48, 32), (layer.OutFeatures, layer.InFeatures));
        Assert.Equal(48, layer.Bias!.Values.Length);
        Assert.Single(found.Layers);
    }

    [Theory]
    [InlineData("/layers.0/downsample/reduction/MatMul")]
    [InlineData("/patch_embed/MatMul")]
    public void Names_play_no_part(string name)
    {
        var found = Find(new GraphBuilder().Input("x", 3, 32).Weight("w", 32, 48).Output("y").Add(new Node("MatMul", name, ["x", "w"], ["y"])));
        Assert.Equal("w", found.Linear.Single().TensorName);
    }

    [Fact]
    public void A_weight_is_held_as_out_times_in()
    {
        var source = new GraphBuilder().Input("x", 3, 32).Weight("w", 32, 48).Output("y").Node("MatMul", "x,w", "y").Build();
        var layer = LayerFinder.Find(source).Linear.Single();
        Assert.Equal(source.Graph.Initializer("w")!.Floats[(5 * 48) + 7], layer.ToMatrix()[7, 5]);
    }

    [Fact]
    public void A_shared_weight_is_one_layer_with_two_uses()
    {
        var found = Find(new GraphBuilder().Input("x", 3, 32).Weight("w", 32, 32).Weight("b", 32).Output("y")
            .Node("MatMul", "x,w", "h").Node("Add", "h,b", "a").Node("MatMul", "a,w", "y"));
        var layer = found.Linear.Single();
        Assert.Equal(2, layer.Uses.Count);
        Assert.Null(layer.Bias);
    }

    [Fact]
    public void A_shared_bias_becomes_one_for_each_layer()
    {
        var found = Find(new GraphBuilder().Input("x", 3, 32).Weight("w1", 32, 64).Weight("w2", 32, 64).Weight("b", 64).Output("y").Output("z")
            .Node("MatMul", "x,w1", "p").Node("Add", "p,b", "y").Node("MatMul", "x,w2", "q").Node("Add", "b,q", "z"));
        Assert.Equal(2, found.Linear.Count());
        Assert.Equal(2, found.Linear.Select(l => l.Bias!.TensorName).Distinct().Count());
    }

    [Fact]
    public void A_weight_with_another_use_is_a_constant()
    {
        var found = Find(WithOneLinear(new GraphBuilder().Weight("w", 32, 32).Output("y")
            .Node("MatMul", "x,w", "h").Node("Add", "h,w", "y")));
        Assert.Equal("other", found.Linear.Single().TensorName);
        Assert.IsType<ConstantLayer>(found.Layers.Single(l => l.TensorName == "w"));
    }

    [Fact]
    public void A_weight_as_the_left_operand_is_a_constant()
    {
        var found = Find(WithOneLinear(new GraphBuilder().Weight("w", 32, 32).Output("y").Node("MatMul", "w,x", "y")));
        Assert.IsType<ConstantLayer>(found.Layers.Single(l => l.TensorName == "w"));
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(1, false)]
    public void Only_rows_that_are_looked_up_make_a_table(long axis, bool isTable)
    {
        var found = Find(WithOneLinear(new GraphBuilder().Input("ids", ElementType.Int64, 4).Weight("t", 64, 64).Output("y")
            .Node("Gather", "t,ids", "y", NodeAttribute.Int("axis", axis))));
        Assert.Equal(isTable, found.Layers.Single(l => l.TensorName == "t") is TableLayer);
    }

    [Fact]
    public void A_table_that_also_multiplies_is_read_as_a_whole()
    {
        var found = Find(WithOneLinear(new GraphBuilder().Input("ids", ElementType.Int64, 4).Weight("t", 32, 64).Output("y").Output("z")
            .Node("Gather", "t,ids", "y").Node("MatMul", "x,t", "z")));
        Assert.IsType<EmbeddingLayer>(found.Layers.Single(l => l.TensorName == "t"));
    }

    [Theory]
    [InlineData(true, 1L, 32L, 64L)]
    [InlineData(true, 2L, 32L, 32L)]
    [InlineData(false, 1L, 4096L)]
    [InlineData(false, 256L, 8L)]
    [InlineData(false, 32L, 32L)]
    public void Constants_with_several_long_rows_are_embeddings(bool areEmbeddings, params long[] shape)
    {
        var found = Find(WithOneLinear(new GraphBuilder().Input("z", shape.Select(d => (long?)d).ToArray()).Weight("c", shape).Output("y").Node("Add", "z,c", "y")));
        Assert.Equal(areEmbeddings, found.Layers.Single(l => l.TensorName == "c") is EmbeddingLayer);
    }

    [Fact]
    public void A_weight_that_is_an_output_is_left_alone()
    {
        var found = Find(WithOneLinear(new GraphBuilder().Weight("w", 32, 32).Output("y").Output("w").Node("MatMul", "x,w", "y")));
        Assert.DoesNotContain(found.Layers, l => l.TensorName == "w");
        Assert.Equal("it is an output of the model", found.LeftAlone.Single(l => l.Name == "w").Reason);
    }

    [Fact]
    public void A_weight_that_a_body_reads_is_the_bodys_whoever_else_reads_it()
    {
        var body = Branch("p", new Node("MatMul", "", ["x", "w"], ["p"]));
        var other = Branch("q", new Node("Identity", "", ["x"], ["q"]));
        var found = Find(WithOneLinear(new GraphBuilder().Input("flag", ElementType.Bool).Weight("w", 32, 32).Output("y").Output("z")
            .Node("If", "flag", "y", NodeAttribute.Graph("then_branch", body), NodeAttribute.Graph("else_branch", other))
            .Node("MatMul", "x,w", "z")));
        Assert.Equal(32, Assert.IsType<BodyLayer>(found.Layers.Single(l => l.TensorName == "w")).Rows);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void A_weight_that_is_no_number_is_an_error_that_says_where(float value)
    {
        var weights = Matrices.Weights(32, 32, 1);
        weights[3, 5] = value;
        var model = new GraphBuilder().Input("x", 3, 32).Constant("w", Tensor.Of(weights.Values.AsSpan(), 32, 32)).Output("y").Node("MatMul", "x,w", "y").Build();

        var error = Assert.Throws<WeightValueException>(() => LayerFinder.Find(model));

        Assert.Equal($"Weight 'w' of node 'node:y' holds {value} at element 101. A model with such weights gives no usable outputs; export it again from a sound checkpoint.", error.Message);
    }

    // The causal mask of every text transformer.
    [Fact]
    public void A_mask_of_minus_infinity_is_no_error()
    {
        var mask = Enumerable.Range(0, 16 * 16).Select(i => i % 16 > i / 16 ? float.NegativeInfinity : 0).ToArray();
        var found = Find(WithOneLinear(new GraphBuilder().Input("s", 16, 16).Constant("mask", Tensor.Of(mask, 16, 16)).Output("y").Node("Add", "s,mask", "y")));
        Assert.DoesNotContain(found.Layers, l => l.TensorName == "mask");
    }

    [Fact]
    public void A_model_without_layers_is_an_error()
    {
        var model = new GraphBuilder().Input("x", 3, 32).Output("y").Node("Relu", "x", "y").Build();
        var error = Assert.Throws<NoLayersException>(() => LayerFinder.Find(model));
        Assert.StartsWith("None of the 1 nodes of the model is a MatMul, Gemm or patch convolution with a constant float weight", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Products_of_computed_operands_are_listed()
    {
        var found = Find(WithOneLinear(new GraphBuilder().Output("y").Node("Transpose", "x", "t").Node("MatMul", "x,t", "y")));
        Assert.Equal("both operands are computed", found.LeftAlone.Single().Reason);
    }

    [Fact]
    public void Names_are_unique_and_short()
    {
        var builder = new GraphBuilder().Input("x", 3, 32).Output("y");
        var last = "x";
        foreach (var (name, i) in new[] { "/a/b/MatMul", "/a/b/MatMul", "a/b/MatMul", "/a/b/Gemm", "a/b", "" }.Select((n, i) => (n, i)))
        {
            builder = builder.Weight($"w{i}", 32, 32).Add(new Node("MatMul", name, [last, $"w{i}"], [i == 5 ? "y" : $"h{i}"]));
            last = $"h{i}";
        }

        var names = LayerFinder.Find(builder.Build()).Layers.Select(l => l.Name).ToList();

        Assert.Equal("a/b", names[0]);
        Assert.Equal(6, names.Distinct().Count());
    }

    [Fact]
    public void The_sample_has_25_linear_layers()
    {
        var found = LayerFinder.Find(VitFashion.Canonical);
        Assert.Equal(25, found.Linear.Count());
        Assert.All(found.Linear, l => Assert.NotNull(l.Bias));
    }

    private static FoundLayers Find(GraphBuilder builder) => LayerFinder.Find(Canonicalize.Apply(builder.Build()));

    private static GraphBuilder WithOneLinear(GraphBuilder builder) =>
        builder.Input("x", 32, 32).Weight("other", 32, 32).Output("o").Node("MatMul", "x,other", "o");

    private static Model Branch(string output, Node node)
    {
        var editor = Model.Create("branch", [], [new ValueInfo(output, ElementType.Float, null)], 17).Edit();
        editor.Nodes.Add(node);
        return editor.ToModel();
    }
}
