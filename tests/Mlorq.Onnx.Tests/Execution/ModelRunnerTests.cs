using Mlorq.Onnx.Execution;
using Mlorq.Onnx.Graphs;

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

    private static Model Chain(int nodes)
    {
        var editor = Model.Create("chain", [new ValueInfo("x", ElementType.Float, [Side, Side])], [new ValueInfo($"y{nodes}", ElementType.Float, [Side, Side])], 17).Edit();
        for (var i = 1; i <= nodes; i++) editor.Nodes.Add(new Node("MatMul", "", [i == 1 ? "x" : $"y{i - 1}", "x"], [$"y{i}"]));
        return editor.ToModel();
    }
}
