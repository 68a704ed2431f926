using Mlorq.Onnx.Execution;
using Mlorq.Onnx.Graphs;
using Mlorq.TestKit;

namespace Mlorq.Onnx.Tests.Execution;

public class ModelRunnerTests
{
    private const int Side = 384;

    [Fact]
    public void A_run_that_is_cancelled_ends_between_two_nodes()
    {
        // Seconds of work: it can only be interrupted, not be outrun.
        using var runner = ModelRunner.Load(Chain(nodes: 4000));
        var input = new Dictionary<string, Tensor> { ["x"] = Tensor.Of(new float[Side * Side], Side, Side) };
        using var cancel = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
        Assert.Throws<OperationCanceledException>(() => runner.RunCancellable(input, cancel.Token));
    }

    [Fact]
    public void A_cancelled_run_leaves_other_runs_alone()
    {
        using var runner = ModelRunner.Load(Chain(nodes: 2));
        var input = new Dictionary<string, Tensor> { ["x"] = Tensor.Of(new float[Side * Side], Side, Side) };
        Assert.Throws<OperationCanceledException>(() => runner.RunCancellable(input, new CancellationToken(canceled: true)));
        Assert.Equal([Side, Side], Assert.Single(runner.Run(input)).Shape);
        Assert.Equal([Side, Side], Assert.Single(runner.RunCancellable(input, TestContext.Current.CancellationToken)).Shape);
    }

    [Fact]
    public void A_model_that_is_loaded_by_way_of_a_file_computes_what_it_does_from_memory()
    {
        var weight = RandomInputs.Floats(new Random(3), 4200, 4200);
        var editor = Model.Create("large", [new ValueInfo("x", ElementType.Float, [2, 4200])], [new ValueInfo("y", ElementType.Float, [2, 4200])], 17).Edit();
        editor.SetInitializer("w", weight);
        editor.SetInitializer("b", Tensor.Of([1f], 1));
        editor.Nodes.Add(new Node("MatMul", "", ["x", "w"], ["p"]));
        editor.Nodes.Add(new Node("Add", "", ["p", "b"], ["y"]));
        var model = editor.ToModel();
        Assert.True(model.SizeInBytes > 64_000_000);
        var input = new Dictionary<string, Tensor> { ["x"] = RandomInputs.Floats(new Random(4), 2, 4200) };

        using var byFile = ModelRunner.Load(model);
        using var unpacked = ModelRunner.Load(model, isPacked: false);
        using var fromMemory = ModelRunner.Load(OnnxWriter.ToBytes(model));

        var expected = fromMemory.Run(input)[0].Floats.ToArray();
        Assert.Equal(expected, byFile.Run(input)[0].Floats.ToArray());
        // Kernels that read weights as they are stored sum in another order.
        Close.Equal(expected, unpacked.Run(input)[0].Floats, 1e-5, 1e-4);
    }

    private static Model Chain(int nodes)
    {
        var editor = Model.Create("chain", [new ValueInfo("x", ElementType.Float, [Side, Side])], [new ValueInfo($"y{nodes}", ElementType.Float, [Side, Side])], 17).Edit();
        for (var i = 1; i <= nodes; i++) editor.Nodes.Add(new Node("MatMul", "", [i == 1 ? "x" : $"y{i - 1}", "x"], [$"y{i}"]));
        return editor.ToModel();
    }
}
