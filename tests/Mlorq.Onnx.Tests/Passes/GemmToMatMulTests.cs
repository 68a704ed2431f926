using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Passes;

namespace Mlorq.Onnx.Tests.Passes;

public class GemmToMatMulTests
{
    private const int M = 3, K = 4, N = 5;

    public static TheoryData<int, int, float, float, string> Variants()
    {
        var data = new TheoryData<int, int, float, float, string>();
        foreach (var transA in new[] { 0, 1 })
        {
            foreach (var transB in new[] { 0, 1 })
            {
                foreach (var (alpha, beta) in new[] { (1f, 1f), (0.5f, 1f), (1f, -2f), (0.25f, 0.75f), (1f, 0f) })
                {
                    foreach (var c in new[] { "none", "N", "1N", "M1", "scalar", "one", "MN", "computed" }) data.Add(transA, transB, alpha, beta, c);
                }
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public void Every_variant_of_Gemm_becomes_a_MatMul_that_computes_the_same(int transA, int transB, float alpha, float beta, string c)
    {
        var model = Variant(transA, transB, alpha, beta, c);
        var converted = GemmToMatMul.Apply(model);

        Judge.SameOutputs(model, converted);
        Assert.DoesNotContain(converted.Graph.Nodes, n => n.Is("Gemm"));
        var matMul = Assert.Single(converted.Graph.Nodes, n => n.Is("MatMul"));
        Assert.Equal("node:y", matMul.Name);
        Assert.Equal([K, N], converted.Graph.InitializerSpec(matMul.Input(1)).Shape);
        Assert.Equal("y", converted.Graph.Nodes[^1].Outputs[0]);
        Assert.Equal(c != "none" && beta != 0, converted.Graph.Nodes[^1].Is("Add"));
    }

    [Fact]
    public void A_bias_row_becomes_a_vector()
    {
        var converted = GemmToMatMul.Apply(Variant(0, 0, 1, 1, "1N"));
        Assert.Equal([N], converted.Graph.InitializerSpec(converted.Graph.Nodes[^1].Input(1)).Shape);
    }

    [Fact]
    public void The_given_model_is_not_changed()
    {
        var model = Variant(1, 1, 0.5f, 0.5f, "N");
        var before = OnnxWriter.ToBytes(model);
        GemmToMatMul.Apply(model);
        Assert.Equal(before, OnnxWriter.ToBytes(model));
    }

    [Fact]
    public void A_weight_keeps_its_name_where_every_reader_wants_it_transposed()
    {
        var model = TwoGemms(1, 1, 1);
        var converted = GemmToMatMul.Apply(model);
        Judge.SameOutputs(model, converted);
        Assert.Equal(["w"], converted.Graph.InitializerNames);
        Assert.All(converted.Graph.Nodes.Where(n => n.Is("MatMul")), n => Assert.Equal("w", n.Input(1)));
    }

    [Theory]
    [InlineData(1, 0, 1f)]
    [InlineData(1, 1, 0.5f)]
    [InlineData(0, 0, 0.5f)]
    public void A_weight_that_is_read_in_two_ways_stays_beside_its_other_form(int first, int second, float alpha)
    {
        var model = TwoGemms(first, second, alpha);
        var converted = GemmToMatMul.Apply(model);
        Judge.SameOutputs(model, converted);
        Assert.Equal(2, converted.Graph.Nodes.Where(n => n.Is("MatMul")).Select(n => n.Input(1)).Distinct().Count());
    }

    [Fact]
    public void A_weight_that_another_operator_reads_stays_as_it_is_for_that_one()
    {
        var model = new GraphBuilder().Input("x", 2, K).Weight("w", K, K).Output("y").Output("z")
            .Node("Gemm", "x,w", "y", NodeAttribute.Int("transB", 1)).Node("Add", "x,w_row", "z").Node("Gather", "w,first", "w_row")
            .Constant("first", Tensor.Of([0L])).Build();
        var editor = model.Edit();
        (editor.Nodes[1], editor.Nodes[2]) = (editor.Nodes[2], editor.Nodes[1]);
        model = editor.ToModel();

        var converted = GemmToMatMul.Apply(model);
        Judge.SameOutputs(model, converted);
        Assert.Equal("w/transposed", converted.Graph.Nodes[0].Input(1));
    }

    [Fact]
    public void A_weight_that_is_a_graph_output_keeps_its_value()
    {
        var model = new GraphBuilder().Input("x", 2, K).Weight("w", K, K).Output("y").Output("w")
            .Node("Gemm", "x,w", "y", NodeAttribute.Int("transB", 1)).Build();
        Judge.SameOutputs(model, GemmToMatMul.Apply(model));
    }

    [Fact]
    public void A_bias_that_two_Gemms_scale_differently_becomes_two_tensors()
    {
        var model = new GraphBuilder().Input("x", 2, K).Weight("w", K, N).Weight("c", 1, N).Output("y").Output("z")
            .Node("Gemm", "x,w,c", "y", NodeAttribute.Float("beta", 2)).Node("Gemm", "x,w,c", "z").Build();
        var converted = GemmToMatMul.Apply(model);
        Judge.SameOutputs(model, converted);
        Assert.All(converted.Graph.Nodes.Where(n => n.Is("MatMul")), n => Assert.Equal("w", n.Input(1)));
    }

    [Fact]
    public void A_Gemm_without_a_name_hands_its_outputs_name_to_the_MatMul()
    {
        var model = new GraphBuilder().Input("x", 2, K).Weight("w", K, N).Weight("c", N).Output("y").Add(new Node("Gemm", "", ["x", "w", "c"], ["y"])).Build();
        Assert.Equal("y", GemmToMatMul.Apply(model).Graph.Nodes[0].Name);
    }

    [Fact]
    public void A_Gemm_with_a_computed_weight_or_of_another_type_is_left_alone()
    {
        var computed = new GraphBuilder().Input("x", 2, K).Input("w", K, N).Output("y").Node("Gemm", "x,w", "y").Build();
        Assert.Same(computed, GemmToMatMul.Apply(computed));
        var wide = new GraphBuilder().Input("x", ElementType.Double, 2, 1).Output("y", ElementType.Double)
            .Constant("w", new Tensor(ElementType.Double, [1, 1], BitConverter.GetBytes(2.0))).Node("Gemm", "x,w", "y").Build();
        Assert.Same(wide, GemmToMatMul.Apply(wide));
    }

    [Fact]
    public void Inputs_of_old_files_that_repeat_a_weight_do_not_keep_its_old_shape()
    {
        var model = new GraphBuilder().Input("x", 2, K).Input("w", N, K).Weight("w", N, K).Output("y")
            .Node("Gemm", "x,w", "y", NodeAttribute.Int("transB", 1)).Build();
        Judge.SameOutputs(model, GemmToMatMul.Apply(model));
    }

    private static Model Variant(int transA, int transB, float alpha, float beta, string c)
    {
        var builder = new GraphBuilder().Input("x", transA == 0 ? [M, K] : [K, M]).Weight("w", transB == 0 ? [K, N] : [N, K]).Output("y");
        switch (c)
        {
            case "N": builder.Weight("c", N); break;
            case "1N": builder.Weight("c", 1, N); break;
            case "M1": builder.Weight("c", M, 1); break;
            case "scalar": builder.Weight("c"); break;
            case "one": builder.Weight("c", 1); break;
            case "MN": builder.Weight("c", M, N); break;
            case "computed": builder.Input("c0", M, N).Node("Neg", "c0", "c"); break;
        }

        return builder.Node(
            "Gemm",
            c == "none" ? "x,w" : "x,w,c",
            "y",
            NodeAttribute.Int("transA", transA),
            NodeAttribute.Int("transB", transB),
            NodeAttribute.Float("alpha", alpha),
            NodeAttribute.Float("beta", beta)).Build();
    }

    private static Model TwoGemms(int first, int second, float alphaOfSecond) => new GraphBuilder()
        .Input("x", 2, K).Weight("w", K, K).Output("y").Output("z")
        .Node("Gemm", "x,w", "y", NodeAttribute.Int("transB", first))
        .Node("Gemm", "x,w", "z", NodeAttribute.Int("transB", second), NodeAttribute.Float("alpha", alphaOfSecond))
        .Build();
}
