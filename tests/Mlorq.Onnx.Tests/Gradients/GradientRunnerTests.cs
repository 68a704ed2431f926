using Mlorq.Onnx.Gradients;
using Mlorq.Onnx.Graphs;
using Mlorq.TestKit;

namespace Mlorq.Onnx.Tests.Gradients;

public class GradientRunnerTests
{
    [Fact]
    public void A_gradient_does_not_depend_on_what_was_run_before()
    {
        var model = Model();
        var (first, second) = (Inputs(model, 1), Inputs(model, 2));
        using var used = new GradientRunner(model, ["a", "b"], ["y"]);
        for (var i = 0; i < 3; i++) used.Run(first, [1], (ulong)i);
        using var fresh = new GradientRunner(model, ["a", "b"], ["y"]);
        var (after, alone) = (used.Run(second, [1], 7), fresh.Run(second, [1], 7));
        foreach (var weight in new[] { "a", "b" }) Assert.Equal(alone.ByWeight[weight].Floats.ToArray(), after.ByWeight[weight].Floats.ToArray());
        Assert.NotEqual(alone.ByWeight["a"].Floats.ToArray(), used.Run(second, [1], 8).ByWeight["a"].Floats.ToArray());
    }

    // y = x a b is linear in b, so that the expected square of the change by E is ‖x a E‖², exactly.
    [Fact]
    public void The_mean_square_of_an_error_along_the_gradients_is_the_squared_change_of_the_outputs()
    {
        var model = new GraphBuilder().Input("x", 1, 4).Weight("a", 4, 6).Weight("b", 6, 5).Output("y").Node("MatMul", "x,a", "h").Node("MatMul", "h,b", "y").Build(18);
        var inputs = Inputs(model, 3);
        var error = RandomInputs.Floats(new Random(4), 6, 5).Floats.ToArray();
        using var runner = new GradientRunner(model, ["b"], ["y"]);
        const int Projections = 4000;
        double sum = 0;
        for (var s = 0; s < Projections; s++)
        {
            var d = runner.Run(inputs, [1], (ulong)(s * 1000)).ByWeight["b"].Floats;
            double product = 0;
            for (var i = 0; i < error.Length; i++) product += (double)d[i] * error[i];
            sum += product * product;
        }

        var expected = SquaredChange(inputs["x"].Floats, model.Graph.Initializer("a")!.Floats, error);
        // The square of a normal number has a relative standard error of √(2 / n): 2 % here, four of them allowed.
        Assert.InRange(sum / Projections / expected, 0.91, 1.09);
    }

    [Fact]
    public void A_large_model_has_no_transposes_of_its_weights_and_the_same_gradients()
    {
        var (small, large) = (Model(), WithTable(new Tensor(ElementType.Float, [4_100_000, 4], new byte[65_600_000])));
        var inputs = Inputs(small, 1);
        var graph = BackwardGraph.Build(large, ["a", "b"], ["y"], inputs);
        Assert.Single(graph.Model.Graph.Nodes, n => n is { OpType: "FusedMatMul", Domain: "com.microsoft" });
        Assert.DoesNotContain(graph.Model.Graph.Nodes, n => n.Is("Transpose") && n.Input(0) == "b");

        using var expected = new GradientRunner(small, ["a", "b"], ["y"]);
        using var actual = new GradientRunner(large, ["a", "b"], ["y"]);
        using var first = expected.Run(inputs, [1], 7);
        using var second = actual.Run(inputs, [1], 7);
        foreach (var weight in (string[])["a", "b"]) Close.Equal(first.ByWeight[weight].Floats, second.ByWeight[weight].Floats, 1e-5, 1e-6);
    }

    // Of which a row of zeros is added.
    private static Model WithTable(Tensor table) => new GraphBuilder()
        .Input("x", 2, 4).Weight("a", 4, 6).Weight("b", 6, 5).Constant("table", table).Constant("first", Tensor.Of([0L], 1)).Output("y")
        .Node("Gather", "table,first", "row").Node("Add", "x,row", "s").Node("MatMul", "s,a", "h").Node("Tanh", "h", "t").Node("MatMul", "t,b", "y").Build(18);

    private static double SquaredChange(ReadOnlySpan<float> x, ReadOnlySpan<float> a, float[] error)
    {
        double sum = 0;
        for (var o = 0; o < 5; o++)
        {
            double change = 0;
            for (var j = 0; j < 6; j++)
            {
                for (var k = 0; k < 4; k++) change += (double)x[k] * a[(k * 6) + j] * error[(j * 5) + o];
            }

            sum += change * change;
        }

        return sum;
    }

    private static Model Model() => new GraphBuilder()
        .Input("x", 2, 4).Weight("a", 4, 6).Weight("b", 6, 5).Output("y")
        .Node("MatMul", "x,a", "h").Node("Tanh", "h", "t").Node("MatMul", "t,b", "y").Build(18);

    private static Dictionary<string, Tensor> Inputs(Model model, int seed) => RandomInputs.For(model, seed: seed);
}
