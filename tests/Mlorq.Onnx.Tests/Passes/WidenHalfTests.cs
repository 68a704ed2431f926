using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Passes;

namespace Mlorq.Onnx.Tests.Passes;

public class WidenHalfTests
{
    // What ONNX Runtime computes in half precision is rounded after every node.
    private const double HalfPrecision = 5e-3;

    [Fact]
    public void Inputs_and_outputs_keep_their_types()
    {
        var model = new GraphBuilder().Input("x", ElementType.Float16, 3, 4).Constant("w", Halves(1, 4, 5)).Output("y", ElementType.Float16).Output("z", ElementType.Float16)
            .Node("MatMul", "x,w", "y").Node("Neg", "y", "n").Node("Add", "n,y", "s").Node("Sub", "s,y", "z").Build();
        var wide = WidenHalf.Apply(model);
        Assert.Equal(ElementType.Float, wide.Graph.InitializerSpec("w").Type);
        Assert.Equal([ElementType.Float16, ElementType.Float16], wide.Graph.Outputs.Select(o => o.Type));
        Assert.Equal(["Cast", "MatMul", "Neg", "Add", "Sub", "Cast", "Cast"], wide.Graph.Nodes.Select(n => n.OpType));
        SameButForRounding(model, wide);
    }

    [Fact]
    public void Constants_casts_and_bodies()
    {
        var output = new ValueInfo("r", ElementType.Float16, null);
        var then = Model.Create("then", [], [output], 17).Edit();
        then.SetInitializer("c", Halves(2, 4));
        then.Nodes.Add(new Node("Add", "", ["x", "c"], ["r"]));
        var other = Model.Create("else", [], [output with { Name = "s" }], 17).Edit();
        other.Nodes.AddRange([new Node("Cast", "", ["x"], ["f"], [NodeAttribute.Int("to", 1)]), new Node("Exp", "", ["f"], ["e"]), new Node("Cast", "", ["e"], ["s"], [NodeAttribute.Int("to", 10)])]);
        var model = new GraphBuilder().Input("x", ElementType.Float16, 3, 4).Input("which", ElementType.Bool, []).Output("y").Output("x2", ElementType.Float16)
            .Node("If", "which", "i", NodeAttribute.Graph("then_branch", then.ToModel()), NodeAttribute.Graph("else_branch", other.ToModel()))
            .Node("Constant", "", "half", NodeAttribute.Tensor("value", Halves(3, 4))).Node("Mul", "i,half", "m")
            .Constant("shape", Tensor.Of([4L], 1)).Node("ConstantOfShape", "shape", "ones", NodeAttribute.Tensor("value", Tensor.Of([(Half)1], 1))).Node("Add", "m,ones", "a")
            .Node("Cast", "a", "y", NodeAttribute.Int("to", 1)).Node("Identity", "x", "x2").Build();
        var wide = WidenHalf.Apply(model);
        Assert.DoesNotContain(wide.Graph.Nodes.SkipLast(1), n => n.Int("to", 0) == (long)ElementType.Float16);
        foreach (byte which in new byte[] { 0, 1 })
        {
            SameButForRounding(model, wide, new() { ["x"] = Halves(4, 3, 4), ["which"] = new Tensor(ElementType.Bool, [], new[] { which }) });
        }
    }

    // Stored small, computed in single precision: as Mlorq's own files are, and others that were made small by hand.
    [Fact]
    public void Constants_that_are_cast_before_they_are_read_stay()
    {
        var model = new GraphBuilder().Input("x", 3, 4).Constant("w", Halves(1, 4, 5)).Output("y").Node("Cast", "w", "f", NodeAttribute.Int("to", 1)).Node("MatMul", "x,f", "y").Build();
        Assert.Same(model, WidenHalf.Apply(model));
    }

    [Fact]
    public void A_model_in_single_precision_is_returned_as_it_is()
    {
        var model = new GraphBuilder().Input("x", 3, 4).Weight("w", 4, 5).Output("y").Node("MatMul", "x,w", "y").Build();
        Assert.Same(model, WidenHalf.Apply(model));
    }

    private static Tensor Halves(int seed, params long[] shape) => Tensor.Of(Array.ConvertAll(RandomInputs.Floats(new Random(seed), shape).Floats.ToArray(), v => (Half)v), shape);

    private static void SameButForRounding(Model expected, Model actual, Dictionary<string, Tensor>? inputs = null)
    {
        GraphCheck.Ensure(actual);
        inputs ??= RandomInputs.For(expected);
        foreach (var (y, z) in Judge.Run(expected, inputs).Zip(Judge.Run(actual, inputs)))
        {
            Assert.Equal(y.Type, z.Type);
            Assert.Equal(y.Shape, z.Shape);
            Assert.All(y.ToSingle().Floats.ToArray().Zip(z.ToSingle().Floats.ToArray()), pair => Assert.Equal(pair.First, pair.Second, HalfPrecision * (1 + Math.Abs(pair.First))));
        }
    }
}
