using Mlorq.Activations;
using Mlorq.Layers;
using Mlorq.Onnx.Execution;
using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Passes;
using Mlorq.Onnx.Tests;
using Mlorq.TestKit;

namespace Mlorq.Tests.Activations;

public class StaticActivationsTests
{
    private const int Tokens = 5;
    private const int Width = 32;

    /// <summary>Self-attention with two linear layers around it and a residual connection around all.</summary>
    private static readonly Model Attention = Canonicalize.Apply(new GraphBuilder()
        .Input("x", null, Tokens, Width).Weight("wq", Width, Width).Weight("wo", Width, Width).Output("y")
        .Node("MatMul", "x,wq", "q").Node("Transpose", "x", "k", NodeAttribute.Ints("perm", 0, 2, 1))
        .Node("MatMul", "q,k", "scores").Node("Softmax", "scores", "p", NodeAttribute.Int("axis", -1)).Node("Dropout", "p", "dropped")
        .Node("MatMul", "dropped,x", "mixed").Node("Relu", "mixed", "r").Node("MatMul", "r,wo", "o").Node("Add", "x,o", "y").Build());

    public static TheoryData<ActivationGrid> Grids =>
    [
        new ActivationGrid.Uniform(0.01f, 100, 8),
        new ActivationGrid.Uniform(0.013f, 0, 8),
        new ActivationGrid.Uniform(0.1f, 8, 4),
        new ActivationGrid.Uniform(0.3f, 3, 3),
        new ActivationGrid.Uniform(0.02f, 127, 7),
        new ActivationGrid.LogSqrt2(0.9f, 4, LastLevel.Power),
        new ActivationGrid.LogSqrt2(1.1f, 3, LastLevel.Zero),
    ];

    [Fact]
    public void Points_are_inputs_of_layers_and_operands_of_computed_products()
    {
        var points = ActivationPoints.Find(Attention, LayerFinder.Find(Attention));

        Assert.Equal(
            [("x", ActivationRole.LinearInput), ("q", ActivationRole.ProductOperand), ("k", ActivationRole.ProductOperand), ("dropped", ActivationRole.Probabilities), ("r", ActivationRole.LinearInput)],
            points.Select(p => (p.Tensor, p.Role)));
        // The transposition and the residual connection go on with the float value.
        Assert.Equal(["k", "y"], points[0].FloatReaders);
        Assert.All(points.Skip(1), p => Assert.Empty(p.FloatReaders));
    }

    [Fact]
    public void A_convolution_has_a_point_at_its_input()
    {
        var model = Canonicalize.Apply(new GraphBuilder().Input("x", null, 8, 9, 9).Weight("kernel", 16, 8, 3, 3).Weight("w", 49, 40).Output("y")
            .Node("Conv", "x,kernel", "c").Constant("shape", Tensor.Of([0L, 16, 49], 3)).Node("Reshape", "c,shape", "rows").Node("MatMul", "rows,w", "y").Build());
        var points = ActivationPoints.Find(model, LayerFinder.Find(model));
        Assert.Equal([("x", ActivationRole.ConvolutionInput), ("rows", ActivationRole.LinearInput)], points.Select(p => (p.Tensor, p.Role)));
    }

    [Fact]
    public void The_sample_model_has_four_layer_inputs_and_four_operands_in_each_block()
    {
        var points = ActivationPoints.Find(VitFashion.Canonical, LayerFinder.Find(VitFashion.Canonical));
        var blocks = VitFashion.Canonical.Graph.Nodes.Count(n => n.Is("Softmax"));
        Assert.Equal(blocks, points.Count(p => p.Role == ActivationRole.Probabilities));
        Assert.Equal(3 * blocks, points.Count(p => p.Role == ActivationRole.ProductOperand));
        // And the pixels; the head is too small to be a layer.
        Assert.Equal((4 * blocks) + 1, points.Count(p => p.Role == ActivationRole.LinearInput));
    }

    // ONNX Runtime rounds as the grid says, value by value.
    [Theory]
    [MemberData(nameof(Grids))]
    public void The_graph_rounds_as_the_grid_does(ActivationGrid grid)
    {
        var point = new ActivationPoint("x", ActivationRole.LinearInput, []);
        var model = Canonicalize.Apply(new GraphBuilder().Input("x", null, Width).Weight("w", Width, Width).Output("y").Node("MatMul", "x,w", "y").Build());
        float[] values = [.. Values.Normal(2000, seed: 3).Select(v => grid is ActivationGrid.LogSqrt2 ? Math.Abs(v) : v), 0, 1e30f, grid is ActivationGrid.LogSqrt2 ? 0 : -1e30f];
        values = values[..(values.Length / Width * Width)].Concat(values.TakeLast(Width)).ToArray();
        var rewritten = StaticActivations.Insert(model, [new(point, grid)]);
        GraphCheck.Ensure(rewritten);
        var rounded = rewritten.Graph.Nodes.Single(n => n.Is("MatMul")).Input(0);

        using var runner = ModelRunner.LoadExposing(rewritten, [rounded]);
        var actual = runner.Run(new Dictionary<string, Tensor> { ["x"] = Tensor.Of(values, values.Length / Width, Width) }, [rounded, "y"]);

        float[] expected = [.. values.Select(grid.Rounded)];
        Assert.True(expected.Distinct().Count() > 5);
        Close.Equal(expected, actual[0].Floats, grid is ActivationGrid.LogSqrt2 ? 1e-6 : 0);
        // And the product is that of the rounded values.
        var product = Judge.Run(model, new Dictionary<string, Tensor> { ["x"] = Tensor.Of(expected, values.Length / Width, Width) })[0];
        Close.Equal(product.Floats, actual[1].Floats, 1e-5, 1e-4 * product.Floats.ToArray().Max(Math.Abs));
    }

    [Fact]
    public void Only_linear_readers_see_the_rounded_value()
    {
        var grid = new ActivationGrid.Uniform(0.2f, 4, 3);
        var points = ActivationPoints.Find(Attention, LayerFinder.Find(Attention));
        var inputs = RandomInputs.For(Attention, 3);
        var changed = StaticActivations.Insert(Attention, [.. points.Select(p => new QuantizedActivation(p, p.Role == ActivationRole.Probabilities ? new ActivationGrid.LogSqrt2(1, 3, LastLevel.Power) : grid))]);

        // The same by hand, an operator at a time.
        var x = inputs["x"];
        var rounded = Map(x, grid.Rounded);
        var q = Map(Product(rounded, Attention.Graph.Initializer("wq")!), grid.Rounded);
        var k = Map(x.Transpose(0, 2, 1), grid.Rounded);
        var p = Map(Softmax(Product(q, k)), new ActivationGrid.LogSqrt2(1, 3, LastLevel.Power).Rounded);
        var r = Map(Map(Product(p, rounded), v => Math.Max(v, 0)), grid.Rounded);
        var o = Product(r, Attention.Graph.Initializer("wo")!);
        float[] expected = [.. x.Floats.ToArray().Zip(o.Floats.ToArray(), (a, b) => a + b)];
        // Where sums in another order fall on the other side of a border between levels, a token's outputs are others.
        var same = expected.Zip(Judge.Run(changed, inputs)[0].Floats.ToArray(), (e, a) => Math.Abs(e - a) < 1e-5).Count(isSame => isSame);
        Assert.InRange(same, 0.8 * expected.Length, expected.Length);

        Assert.Equal("simulated: 5 at 3 bits", changed.Metadata[StaticActivations.MetadataKey]);
        Assert.Contains(changed.Graph.Nodes, n => n.Name == "x/a3/codes" && n.Is("QuantizeLinear"));
    }

    [Fact]
    public void Eight_bits_leave_the_sample_model_close_to_itself()
    {
        var model = VitFashion.Canonical;
        var points = ActivationPoints.Find(model, LayerFinder.Find(model));
        var run = new RunSettings { Threads = 2 };
        var statistics = ActivationStatistics.Collect(model, points.Select(p => p.Tensor), VitFashion.Calibration.Take(32), run);
        var activations = ActivationQuantizers.Equidistant.Choose(points, statistics, 8);

        var changed = StaticActivations.Insert(model, activations);

        Assert.Equal($"static: {points.Count} at 8 bits", changed.Metadata[StaticActivations.MetadataKey]);
        var change = InterLayerComparison(model, changed, run);
        Assert.InRange(change, 20, 60);
        Assert.True(change > InterLayerComparison(model, StaticActivations.Insert(model, ActivationQuantizers.Equidistant.Choose(points, statistics, 6)), run) + 6);
    }

    [Fact]
    public void Unknown_and_repeated_tensors_are_refused()
    {
        var known = new QuantizedActivation(new ActivationPoint("x", ActivationRole.LinearInput, []), new ActivationGrid.Uniform(1, 0, 8));
        Assert.Throws<ArgumentException>(() => StaticActivations.Insert(Attention, [known, known]));
        Assert.Throws<ArgumentException>(() => StaticActivations.Insert(Attention, [known with { Point = known.Point with { Tensor = "nowhere" } }]));
        Assert.Same(Attention, StaticActivations.Insert(Attention, []));
    }

    private static double InterLayerComparison(Model model, Model changed, RunSettings run) =>
        Mlorq.InterLayer.OutputComparison.Between(model, changed, new CalibrationSet([.. VitFashion.Calibration.Batches.Skip(2)]), run).SignalToNoiseInDecibels;

    private static Tensor Map(Tensor tensor, Func<float, float> function) => Tensor.Of([.. tensor.Floats.ToArray().Select(function)], [.. tensor.Shape]);

    // [n, a, b] · [n, b, c] or [b, c].
    private static Tensor Product(Tensor left, Tensor right)
    {
        var (n, a, b, c) = ((int)left.Shape[0], (int)left.Shape[1], (int)left.Shape[2], (int)right.Shape[^1]);
        var result = new float[n * a * c];
        for (var i = 0; i < n * a * c; i++)
        {
            var (row, column, offset) = (i / c, i % c, right.Shape.Count == 3 ? i / (a * c) * b * c : 0);
            double sum = 0;
            for (var k = 0; k < b; k++) sum += (double)left.Floats[(row * b) + k] * right.Floats[offset + (k * c) + column];
            result[i] = (float)sum;
        }

        return Tensor.Of(result, n, a, c);
    }

    private static Tensor Softmax(Tensor scores)
    {
        var width = (int)scores.Shape[^1];
        return Tensor.Of([.. scores.Floats.ToArray().Chunk(width).SelectMany(row => row.Select(v => (float)(Math.Exp(v) / row.Sum(w => Math.Exp(w)))))], [.. scores.Shape]);
    }
}
