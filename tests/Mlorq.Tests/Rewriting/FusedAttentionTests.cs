using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Passes;
using Mlorq.Onnx.Tests;
using Mlorq.Rewriting;

namespace Mlorq.Tests.Rewriting;

/// <summary>Attention as one operator, against its parts.</summary>
public sealed class FusedAttentionTests
{
    private const int Tokens = 11;
    private const int Heads = 3;
    private const int Width = 8;

    public static TheoryData<string, string, bool> Forms
    {
        get
        {
            var data = new TheoryData<string, string, bool>();
            foreach (var stacked in (string[])["gather", "split", "apart", "turned"])
            {
                foreach (var scale in (string[])["queries", "both", "scores", "none"]) data.Add(stacked, scale, scale == "scores");
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void One_operator_computes_what_its_parts_did(string stacked, string scale, bool divides)
    {
        foreach (var batch in new[] { 1, 3 })
        {
            var model = Canonicalize.Apply(Attention(stacked, scale, divides ? "Div" : "Mul").Build(18));
            var fused = FusedAttention.Apply(model, model, ShortNames.None);

            Assert.Equal(1, fused.Graph.Nodes.Count(n => n.OpType == "MultiHeadAttention"));
            Assert.DoesNotContain(fused.Graph.Nodes, n => n.OpType is "Softmax" or "Transpose" or "Gather" or "Squeeze");
            var read = fused.Graph.Nodes.SelectMany(n => n.Inputs).ToHashSet();
            Assert.All(fused.Graph.InitializerNames, name => Assert.Contains(name, read));
            var random = new Random(batch);
            Judge.SameOutputs(model, fused, inputs: new Dictionary<string, Tensor> { ["x"] = RandomInputs.Floats(random, [batch, Tokens, Heads * Width]) });
        }
    }

    // A mask, an axis that is not the last, scores that are put out, heads that are read by somebody else as well and so still needed, a number for each head.
    [Theory]
    [InlineData("mask")]
    [InlineData("axis")]
    [InlineData("put out")]
    [InlineData("each head")]
    public void Other_attention_stays_as_it_is(string kind)
    {
        var builder = Start().Node("MatMul", "x,wq", "q0").Node("Reshape", "q0,four", "q1").Node("Transpose", "q1", "q", NodeAttribute.Ints("perm", 0, 2, 1, 3)).Node("Transpose", "q1", "k", NodeAttribute.Ints("perm", 0, 2, 3, 1));
        builder = kind switch
        {
            "mask" => builder.Constant("m", RandomInputs.Floats(new Random(4), [Tokens, Tokens])).Node("MatMul", "q,k", "s0").Node("Add", "s0,m", "s"),
            "each head" => builder.Constant("m", RandomInputs.Floats(new Random(4), [Heads, 1, 1])).Node("Mul", "q,m", "qs").Node("MatMul", "qs,k", "s"),
            _ => builder.Node("MatMul", "q,k", "s"),
        };
        if (kind == "put out") builder = builder.Output("s");
        builder = builder.Node("Softmax", "s", "p", NodeAttribute.Int("axis", kind == "axis" ? 2 : -1)).Node("MatMul", "p,q", "h");
        var model = Canonicalize.Apply(Finish(builder).Build(18));
        Assert.Same(model, FusedAttention.Apply(model, model, ShortNames.None));
    }

    [Fact]
    public void What_others_read_is_kept()
    {
        var builder = Start().Output("twice").Node("MatMul", "x,wq", "q0").Node("Reshape", "q0,four", "q1").Node("Transpose", "q1", "q", NodeAttribute.Ints("perm", 0, 2, 1, 3)).Node("Transpose", "q1", "k", NodeAttribute.Ints("perm", 0, 2, 3, 1))
            .Node("Add", "q,q", "twice").Node("MatMul", "q,k", "s").Node("Softmax", "s", "p").Node("MatMul", "p,q", "h");
        var model = Canonicalize.Apply(Finish(builder).Build(18));
        var fused = FusedAttention.Apply(model, model, ShortNames.None);
        Assert.Contains(fused.Graph.Nodes, n => n.OpType == "MultiHeadAttention");
        Judge.SameOutputs(model, fused);
    }

    private static GraphBuilder Start() => new GraphBuilder()
        .Input("x", null, Tokens, Heads * Width).Output("y")
        .Weight("wq", Heads * Width, Heads * Width).Weight("wk", Heads * Width, Heads * Width).Weight("wv", Heads * Width, Heads * Width).Weight("w", Heads * Width, 3 * Heads * Width)
        .Constant("four", Tensor.Of([0L, Tokens, Heads, Width], 4)).Constant("five", Tensor.Of([-1L, Tokens, 3, Heads, Width], 5)).Constant("three", Tensor.Of([0L, Tokens, -1], 3)).Constant("scale", Tensor.Of([0.4f]))
        .Constant("first", Tensor.Of([0L])).Constant("second", Tensor.Of([1L])).Constant("third", Tensor.Of([2L])).Constant("axes", Tensor.Of([0L], 1));

    private static GraphBuilder Finish(GraphBuilder builder) => builder.Node("Transpose", "h", "t", NodeAttribute.Ints("perm", 0, 2, 1, 3)).Node("Reshape", "t,three", "r").Node("MatMul", "r,wv", "y");

    private static GraphBuilder Attention(string stacked, string scale, string by)
    {
        var builder = Start();
        NodeAttribute heads = NodeAttribute.Ints("perm", 0, 2, 1, 3), back = NodeAttribute.Ints("perm", 0, 1, 3, 2);
        if (stacked is "gather" or "split")
        {
            builder = builder.Node("MatMul", "x,w", "z").Node("Reshape", "z,five", "z5").Node("Transpose", "z5", "zt", NodeAttribute.Ints("perm", 2, 0, 3, 1, 4));
            builder = stacked == "gather"
                ? builder.Node("Gather", "zt,first", "q").Node("Gather", "zt,second", "k").Node("Gather", "zt,third", "v")
                : builder.Node("Split", "zt", "a,b,c", NodeAttribute.Int("axis", 0), NodeAttribute.Int("num_outputs", 3)).Node("Squeeze", "a,axes", "q").Node("Squeeze", "b,axes", "k").Node("Squeeze", "c,axes", "v");
        }
        else
        {
            builder = builder
                .Node("MatMul", "x,wq", "q0").Node("Reshape", "q0,four", "q1").Node("Transpose", "q1", "q", heads).Node("MatMul", "x,wv", "v0").Node("Reshape", "v0,four", "v1").Node("Transpose", "v1", "v", heads)
                .Node("MatMul", "x,wk", "k0").Node("Reshape", "k0,four", "k1");
            if (stacked == "apart") builder = builder.Node("Transpose", "k1", "k", heads);
        }

        var (queries, keys, scores) = (scale is "queries" or "both" ? "qs" : "q", scale == "both" ? "ks" : "kt", scale == "scores" ? "s0" : "s");
        if (queries == "qs") builder = builder.Node(by, "q,scale", queries);
        builder = stacked == "turned" ? builder.Node("Transpose", "k1", "kt", NodeAttribute.Ints("perm", 0, 2, 3, 1)) : builder.Node("Transpose", "k", "kt", back);
        if (keys == "ks") builder = builder.Node(by, "kt,scale", keys);
        builder = builder.Node("MatMul", $"{queries},{keys}", scores);
        if (scores == "s0") builder = builder.Node(by, "s0,scale", "s");
        return Finish(builder.Node("Softmax", "s", "p", NodeAttribute.Int("axis", 3)).Node("MatMul", "p,v", "h"));
    }
}
