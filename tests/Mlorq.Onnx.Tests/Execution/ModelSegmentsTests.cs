using Mlorq.Onnx.Execution;
using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Tests.Execution;

public class ModelSegmentsTests
{
    [Fact]
    public void A_chain_is_cut_in_front_of_the_first_reader_of_each_value()
    {
        var segments = Check(Chain(), "r", "t");
        Assert.Equal(["p r", "q t", "y"], Computed(segments));
        Assert.Equal(["", "r", "t"], Live(segments));
        Assert.Equal([1, 2], new[] { "r", "t" }.Select(v => segments.FirstReaderOf(v)!.Value));
        // Inside a segment.
        Assert.Null(segments.FirstReaderOf("q"));
    }

    [Fact]
    public void Without_cuts_or_with_one_in_front_of_everything_there_is_one_segment()
    {
        Assert.Single(Check(Chain()).Segments);
        var segments = Check(Chain(), "x", "nobody reads this");
        Assert.Single(segments.Segments);
        Assert.Equal(0, segments.FirstReaderOf("x"));
    }

    [Fact]
    public void What_is_read_later_again_stays_alive_and_inputs_are_fed_again()
    {
        var segments = Check(
            new GraphBuilder().Input("x", 4, 8).Weight("v", 8, 8).Weight("w", 8, 8).Output("y")
                .Node("MatMul", "x,v", "a").Node("Relu", "a", "b").Node("MatMul", "b,w", "c").Node("Tanh", "c", "d").Node("MatMul", "d,w", "e").Node("Add", "e,a", "f").Node("Add", "f,x", "y"),
            "b",
            "d");
        Assert.Equal(["", "b", "a d"], Live(segments));
        Assert.Equal(["x", "", "x"], segments.Segments.Select(s => string.Join(' ', s.Fed)));
    }

    [Fact]
    public void Outputs_of_the_model_may_be_computed_in_any_segment_and_read_again()
    {
        var segments = Check(Chain().Output("p").Output("t").Output("z", ElementType.Int64).Node("ArgMax", "y", "z"), "r", "t");
        Assert.Equal(["y", "p", "t", "z"], segments.Outputs);
    }

    [Fact]
    public void Arithmetic_with_shapes_and_constants_is_repeated_and_counts_for_no_segment()
    {
        var segments = Check(
            new GraphBuilder().Input("x", 4, 8).Weight("v", 8, 8).Weight("w", 8, 8).Constant("half", Tensor.Of([0.5f])).Constant("minus", Tensor.Of([-1L], 1)).Constant("two", Tensor.Of([2L], 1)).Output("y").Output("shape", ElementType.Int64)
                .Node("Shape", "x", "s").Node("Gather", "s,minus", "last").Node("Div", "last,two", "part").Node("Concat", "minus,part", "shape", NodeAttribute.Int("axis", 0))
                .Node("Sqrt", "half", "scale").Node("MatMul", "x,v", "a0").Node("Mul", "a0,scale", "a").Node("MatMul", "a,w", "b").Node("Mul", "b,scale", "c").Node("Reshape", "c,shape", "y"),
            "a");
        Assert.Equal(["a0 a", "b c y"], Computed(segments));
        Assert.Equal(["", "a"], Live(segments));
        Assert.Equal(["scale", "s last part shape scale"], segments.Segments.Select(s => string.Join(' ', s.Repeated.SelectMany(n => n.Outputs))));
    }

    [Fact]
    public void Bodies_of_If_are_readers()
    {
        var then = new GraphBuilder().Output("t").Node("MatMul", "h,w", "t0").Node("Relu", "t0", "t").Build();
        var otherwise = new GraphBuilder().Output("e").Node("MatMul", "k,w", "e").Build();
        var segments = Check(
            new GraphBuilder().Input("x", 4, 8).Weight("v", 8, 8).Weight("w", 8, 8).Constant("zero", Tensor.Of([0f])).Output("y")
                .Node("MatMul", "x,v", "h").Node("Tanh", "x", "k").Node("ReduceSum", "x", "sum", NodeAttribute.Int("keepdims", 0)).Node("Greater", "sum,zero", "yes")
                .Node("If", "yes", "i", NodeAttribute.Graph("then_branch", then), NodeAttribute.Graph("else_branch", otherwise)).Node("Tanh", "i", "y"),
            "h");
        Assert.Equal(["", "h k yes"], Live(segments));
    }

    [Fact]
    public void A_sequence_does_not_cross_a_cut()
    {
        var segments = Check(
            new GraphBuilder().Input("x", 4, 8).Weight("v", 8, 8).Weight("w", 8, 8).Output("y")
                .Node("MatMul", "x,v", "a").Node("SequenceConstruct", "a,x", "list").Node("MatMul", "a,w", "b").Node("SequenceInsert", "list,b", "longer")
                .Node("ConcatFromSequence", "longer", "c", NodeAttribute.Int("axis", 0)).Node("MatMul", "c,w", "y"),
            "b",
            "c");
        Assert.Equal(["a list b longer c", "y"], Computed(segments));
        Assert.Null(segments.FirstReaderOf("b"));
    }

    [Fact]
    public void Omitted_inputs_and_outputs_and_what_no_output_needs_do_no_harm()
    {
        var segments = Check(
            new GraphBuilder().Input("x", 4, 8).Weight("w", 8, 8).Constant("one", Tensor.Of([1f], [])).Output("y")
                .Node("MatMul", "x,w", "a").Node("Dropout", "a", "b,").Node("Clip", "b,,one", "c").Node("Relu", "c", "unread").Node("Add", "b,c", "y"),
            "b");
        Assert.Equal(["a b", "c y"], segments.Segments.Select(s => string.Join(' ', s.Nodes.SelectMany(n => n.Outputs).Where(o => o.Length > 0))));
    }

    private static GraphBuilder Chain() => new GraphBuilder().Input("x", null, 8).Weight("w1", 8, 8).Weight("w2", 8, 8).Weight("w3", 8, 8).Output("y")
        .Node("MatMul", "x,w1", "p").Node("Relu", "p", "r").Node("MatMul", "r,w2", "q").Node("Tanh", "q", "t").Node("MatMul", "t,w3", "y");

    private static IEnumerable<string> Computed(ModelSegments segments) => segments.Segments.Select(s => string.Join(' ', s.Nodes.SelectMany(n => n.Outputs)));

    private static IEnumerable<string> Live(ModelSegments segments) => segments.Segments.Select(s => string.Join(' ', s.Live));

    private static ModelSegments Check(GraphBuilder builder, params string[] values)
    {
        var model = builder.Build();
        var inputs = RandomInputs.For(model);
        var segments = ModelSegments.Cut(model, values);
        using var runner = new SegmentRunner(segments, [inputs]);
        while (runner.Next < segments.Segments.Count)
        {
            runner.Advance(model, (count, work) =>
            {
                for (var i = 0; i < count; i++) work(i);
            });
        }

        using var whole = ModelRunner.Load(model);
        foreach (var (name, expected) in segments.Outputs.Zip(whole.Run(inputs, segments.Outputs)))
        {
            Assert.Equal(expected.Shape, runner.Value(0, name).Shape);
            Assert.Equal(expected.Bytes.ToArray(), runner.Value(0, name).Bytes.ToArray());
        }

        return segments;
    }
}
