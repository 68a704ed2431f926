using Mlorq.Onnx.Execution;
using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Passes;

namespace Mlorq.Onnx.Tests.Execution;

/// <summary>Head and tail together must give the bits of the whole model, whatever value the inputs that vary have.</summary>
public class CutRunnerTests
{
    [Theory]
    [InlineData("samples/vit-fashion/model.onnx", 1)]
    [InlineData("models/deit_tiny_patch16_224.onnx", 8)]
    [InlineData("models/structures/swin_random_op13.onnx", 2)]
    [InlineData("models/structures/swin_random_op17.onnx", 2)]
    [InlineData("models/structures/text_encoder_random_op14.onnx", 1)]
    public void Both_parts_of_a_real_model_give_its_bits_for_every_matrix(string path, int step)
    {
        var model = Canonicalize.Apply(OnnxReader.Read(SampleModels.PathOf(path)));
        var matrices = model.Graph.InitializerNames.Where(n => IsMatrix(model.Graph, n)).ToList();
        var (fed, inputs) = Fed(model, matrices);
        using var whole = ModelRunner.Load(fed);
        var expected = whole.Run(inputs);
        for (var i = 0; i < matrices.Count; i += step)
        {
            using var cut = CutRunner.Load(fed, [matrices[i]], whole.OutputNames);
            Assert.NotEmpty(cut.Outputs);
            SameBits(whole.OutputNames, expected, cut.Outputs, cut.RunTail(cut.RunHead(inputs), inputs));
        }
    }

    [Fact]
    public void One_head_serves_many_values()
    {
        var live = Check(Chain(), "w2", "y");
        // Neither x nor w1 is needed any more.
        Assert.Equal(["r"], live);
    }

    [Fact]
    public void What_reads_an_input_of_the_model_has_no_head() => Assert.Equal(["x"], Check(Chain(), "w1", "y"));

    [Fact]
    public void A_weight_with_several_uses_is_cut_in_front_of_the_first()
    {
        var builder = new GraphBuilder().Input("x", 4, 8).Weight("v", 8, 8).Weight("w", 8, 8).Output("y")
            .Node("MatMul", "x,v", "a").Node("Tanh", "a", "b").Node("MatMul", "b,w", "c").Node("Relu", "c", "d").Node("MatMul", "d,w", "e").Node("Add", "e,a", "y");
        Assert.Equal(["b", "a"], Check(builder, "w", "y"));
    }

    [Theory]
    [InlineData("v")]
    [InlineData("w")]
    [InlineData("u")]
    public void Bodies_of_If_are_readers(string varied)
    {
        var then = new GraphBuilder().Output("t").Node("MatMul", "h,w", "t0").Node("Relu", "t0", "t").Build();
        var otherwise = new GraphBuilder().Output("e").Node("MatMul", "k,u", "e").Build();
        var builder = new GraphBuilder().Input("x", 4, 8).Weight("v", 8, 8).Weight("w", 8, 8).Weight("u", 8, 8).Constant("zero", Tensor.Of([0f])).Output("y")
            .Node("MatMul", "x,v", "h").Node("Tanh", "x", "k")
            .Node("ReduceSum", "x", "sum", NodeAttribute.Int("keepdims", 0)).Node("Greater", "sum,zero", "yes")
            .Node("If", "yes", "i", NodeAttribute.Graph("then_branch", then), NodeAttribute.Graph("else_branch", otherwise)).Node("Tanh", "i", "y");
        string[] expected = varied == "v" ? ["x", "yes", "k"] : ["yes", "h", "k"];
        Assert.Equal(expected.Order(), Check(builder, varied, "y").Order());
    }

    [Fact]
    public void Only_outputs_that_depend_on_the_input_are_given()
    {
        var builder = Chain().Output("r").Output("z", ElementType.Int64).Node("ArgMax", "y", "z");
        var (fed, inputs) = Fed(builder.Build(), ["w1", "w2"]);
        using var second = CutRunner.Load(fed, ["w2"], ["r", "z", "y"]);
        Assert.Equal(["z", "y"], second.Outputs);
        using var none = CutRunner.Load(fed, ["w2"], ["r"]);
        Assert.Empty(none.Outputs);
        Assert.Empty(none.RunTail(none.RunHead(inputs), inputs));
    }

    [Fact]
    public void The_cut_may_be_directly_in_front_of_an_output_or_behind_one()
    {
        var builder = new GraphBuilder().Input("x", 4, 8).Weight("v", 8, 8).Weight("w", 8, 8).Output("a").Output("b").Output("c")
            .Node("MatMul", "x,v", "a").Node("MatMul", "a,w", "b").Node("Relu", "b", "c");
        Assert.Equal(["a"], Check(builder, "w", "a", "b", "c"));
    }

    // An output that is left out has an empty name, and so has an input.
    [Fact]
    public void Omitted_inputs_and_outputs_depend_on_nothing()
    {
        var builder = new GraphBuilder().Input("x", 4, 8).Weight("w", 8, 8).Constant("one", Tensor.Of([1f], [])).Output("y")
            .Node("MatMul", "x,w", "a").Node("Dropout", "a", "b,").Node("Clip", "x,,one", "c").Node("Add", "b,c", "y");
        Assert.Equal(["x", "c"], Check(builder, "w", "y"));
    }

    [Fact]
    public void A_scalar_and_whole_numbers_are_handed_over()
    {
        var builder = new GraphBuilder().Input("x", null, 8).Weight("w", 8, 8).Output("y")
            .Node("ReduceMax", "x", "largest", NodeAttribute.Int("keepdims", 0)).Node("ArgMax", "x", "where").Node("Cast", "where", "at", NodeAttribute.Int("to", 7))
            .Node("MatMul", "x,w", "a").Node("Mul", "a,largest", "b").Node("Gather", "b,at", "y", NodeAttribute.Int("axis", 1));
        Assert.Equal(["x", "largest", "at"], Check(builder, "w", "y"));
    }

    // Shapes are computed again, so that the runtime can fold them as it does in the whole model.
    [Fact]
    public void Arithmetic_with_shapes_and_constants_is_not_handed_over()
    {
        var builder = new GraphBuilder().Input("x", 4, 8).Weight("v", 8, 8).Weight("w", 8, 8).Constant("half", Tensor.Of([0.5f])).Constant("minus", Tensor.Of([-1L], 1)).Constant("two", Tensor.Of([2L], 1)).Output("y")
            .Node("MatMul", "x,v", "a").Node("Shape", "a", "s").Node("Gather", "s,minus", "last").Node("Div", "last,two", "part").Node("Concat", "minus,part", "shape", NodeAttribute.Int("axis", 0))
            .Node("Sqrt", "half", "scale").Node("MatMul", "a,w", "b").Node("Mul", "b,scale", "c").Node("Reshape", "c,shape", "y");
        Assert.Equal(["a"], Check(builder, "w", "y"));
    }

    [Fact]
    public void A_sequence_cannot_be_handed_over_so_the_whole_model_is_run()
    {
        var builder = new GraphBuilder().Input("x", 4, 8).Weight("v", 8, 8).Weight("w", 8, 8).Output("y")
            .Node("MatMul", "x,v", "a").Node("SequenceConstruct", "a,x", "list").Node("MatMul", "a,w", "b").Node("SequenceInsert", "list,b", "longer")
            .Node("ConcatFromSequence", "longer", "y", NodeAttribute.Int("axis", 0));
        Assert.Equal(["x"], Check(builder, "w", "y"));
    }

    [Fact]
    public void A_name_that_is_no_input_is_refused()
    {
        var error = Assert.Throws<ArgumentException>(() => CutRunner.Load(Chain().Build(), ["w1"], ["y"]));
        Assert.Contains("'w1'", error.Message, StringComparison.Ordinal);
    }

    private static GraphBuilder Chain() => new GraphBuilder().Input("x", null, 8).Weight("w1", 8, 8).Weight("w2", 8, 8).Output("y")
        .Node("MatMul", "x,w1", "p").Node("Relu", "p", "r").Node("MatMul", "r,w2", "y");

    // Three values with one head, each against the whole model. Returns what is alive at the cut beside other weights.
    private static IReadOnlyList<string> Check(GraphBuilder builder, string varied, params string[] outputs)
    {
        var model = builder.Build();
        var (fed, inputs) = Fed(model, [.. model.Graph.InitializerNames.Where(n => IsMatrix(model.Graph, n))]);
        using var whole = ModelRunner.Load(fed);
        using var cut = CutRunner.Load(fed, [varied], outputs);
        var live = cut.RunHead(inputs);
        foreach (var seed in new[] { 1, 2, 3 })
        {
            inputs[varied] = RandomInputs.Floats(new Random(seed), [.. inputs[varied].Shape]);
            SameBits(outputs, whole.Run(inputs, outputs), cut.Outputs, cut.RunTail(live, new Dictionary<string, Tensor> { [varied] = inputs[varied] }));
        }

        return [.. live.Keys.Where(n => !model.Graph.HasInitializer(n))];
    }

    private static bool IsMatrix(Graph graph, string name)
    {
        var spec = graph.InitializerSpec(name);
        return spec.Type == ElementType.Float && spec.Shape.Count == 2 && graph.Readers(name).Any(n => n.OpType is "MatMul" or "If");
    }

    // Weights that are inputs: the runtime packs constant ones beforehand, which rounds otherwise.
    private static (Model Model, Dictionary<string, Tensor> Inputs) Fed(Model model, IReadOnlyList<string> constants)
    {
        var inputs = RandomInputs.For(model);
        var editor = model.Edit();
        foreach (var name in constants)
        {
            inputs[name] = model.Graph.Initializer(name)!;
            editor.RemoveInitializer(name);
            editor.AddInput(name, ElementType.Float, [.. inputs[name].Shape.Select(d => (long?)d)]);
        }

        return (editor.ToModel(), inputs);
    }

    private static void SameBits(IReadOnlyList<string> names, IReadOnlyList<Tensor> expected, IReadOnlyList<string> tailNames, IReadOnlyList<Tensor> actual)
    {
        Assert.Equal(tailNames.Count, actual.Count);
        for (var i = 0; i < actual.Count; i++)
        {
            var whole = expected[names.ToList().IndexOf(tailNames[i])];
            Assert.Equal(whole.Shape, actual[i].Shape);
            Assert.Equal(whole.Bytes.ToArray(), actual[i].Bytes.ToArray());
        }
    }
}
