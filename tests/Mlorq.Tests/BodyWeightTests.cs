using Mlorq.InterLayer;
using Mlorq.IntraLayer;
using Mlorq.Layers;
using Mlorq.Onnx.Execution;
using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Tests;
using Mlorq.TestKit;

namespace Mlorq.Tests;

/// <summary>Weights that bodies of If, Loop and Scan compute with: the gradient ends there, but they are stored small all the same.</summary>
public class BodyWeightTests
{
    private const int Width = 128;

    // The same values, summed in another order, several times one after the other.
    private const double LeastAgreementInDecibels = 80;

    // Where layers round their inputs to bytes, a last bit can decide which byte it is, by another processor's sums at least.
    private const double LeastAgreementOfBytesInDecibels = 30;

    private static readonly RunSettings Run = new() { Threads = 2 };

    [Theory]
    [InlineData("If", 3, RuntimeProfile.Memory)]
    [InlineData("If", 3, RuntimeProfile.Speed)]
    [InlineData("Loop", 1, RuntimeProfile.Memory)]
    [InlineData("Loop", 1, RuntimeProfile.Speed)]
    [InlineData("Scan", 2, RuntimeProfile.Memory)]
    [InlineData("Scan", 2, RuntimeProfile.Speed)]
    [InlineData("If in Loop", 2, RuntimeProfile.Memory)]
    [InlineData("If in Loop", 2, RuntimeProfile.Speed)]
    public void Weights_in_bodies(string kind, int weights, RuntimeProfile runtime)
    {
        var model = kind switch { "If" => WithIf(), "Loop" => WithLoop(Step()), "Scan" => WithScan(), _ => WithLoop(OneOfTwoSteps()) };
        var calibration = TinyModels.Calibration(model);
        var options = TinyModels.Options(6.5) with { Runtime = runtime, Rounding = RoundingMethod.Nearest, Candidates = VitFashion.Few };
        var result = Compressor.Compress(model, calibration, options, Run);

        var bodies = result.Plan.Choices.Where(c => c.Layer is BodyLayer).ToList();
        Assert.Equal(weights, bodies.Count);
        Assert.All(bodies, b => Assert.True(b.Candidate.Candidate is Candidate.Dense { Format.BitWidth.Bits: <= 4 }, $"{b.Layer.Name}: {b.Candidate.Candidate}"));
        Assert.All(bodies, b => Assert.True(b.NoiseToSignal > 0, $"{b.Layer.Name} costs nothing"));
        Assert.True(result.Change.SignalToNoiseInDecibels > 5, $"{result.Change.SignalToNoiseInDecibels:F1} dB");

        using var folder = new TemporaryFolder();
        CompressedFile.Write(result, folder.File("small.onnx"), calibration, Run);
        Assert.InRange(new FileInfo(folder.File("small.onnx")).Length, 1, model.SizeInBytes / 6);
        // Where a body decides what comes out, the check of the file compares single layers only for speed; so outputs are compared here.
        using var planned = ModelRunner.Load(result.Simulated);
        using var written = ModelRunner.LoadFile(folder.File("small.onnx"));
        var agreement = OutputComparison.Between(model, planned, written, calibration, Run);
        var least = runtime == RuntimeProfile.Speed ? LeastAgreementOfBytesInDecibels : LeastAgreementInDecibels;
        Assert.True(agreement.SignalToNoiseInDecibels > least, $"{agreement.SignalToNoiseInDecibels:F1} dB");
    }

    private static Model WithIf()
    {
        var then = new GraphBuilder().Constant("w", Weight(1, Width, Width)).Weight("b", Width).Output("t").Node("MatMul", "h,w", "p").Node("Add", "p,b", "t").Build();
        var otherwise = new GraphBuilder().Constant("w", Weight(2, 96, Width)).Output("e").Node("Gemm", "h,w2", "g", NodeAttribute.Int("transB", 1)).Node("Gemm", "g,w", "e").Build();
        return Around().Constant("w2", Weight(3, 96, Width)).Constant("zero", Tensor.Of([0f])).Node("ReduceSum", "x", "sum", NodeAttribute.Int("keepdims", 0)).Node("Greater", "sum,zero", "yes")
            .Node("If", "yes", "s", NodeAttribute.Graph("then_branch", then), NodeAttribute.Graph("else_branch", otherwise)).Node("MatMul", "s,last", "y").Build();
    }

    private static Model WithLoop(GraphBuilder body)
    {
        var whole = body.Input("i", ElementType.Int64).Input("go", ElementType.Bool).Input("state", null, Width)
            .Output("go on", ElementType.Bool).Output("next").Node("Identity", "go", "go on").Build();
        return Around().Constant("times", Tensor.Of([3L])).Constant("yes", new Tensor(ElementType.Bool, [], new byte[] { 1 }))
            .Node("Loop", "times,yes,h", "s", NodeAttribute.Graph("body", whole)).Node("MatMul", "s,last", "y").Build();
    }

    private static GraphBuilder Step() => new GraphBuilder().Constant("w", Weight(1, Width, Width)).Node("MatMul", "state,w", "p").Node("Tanh", "p", "next");

    // Which weight it is depends on the number of the turn.
    private static GraphBuilder OneOfTwoSteps()
    {
        var even = new GraphBuilder().Constant("w", Weight(1, Width, Width)).Output("t").Node("MatMul", "state,w", "t").Build();
        var odd = new GraphBuilder().Output("e").Node("Constant", "", "w", NodeAttribute.Tensor("value", Weight(2, Width, Width))).Node("MatMul", "state,w", "e").Build();
        return new GraphBuilder().Constant("two", Tensor.Of([2L])).Constant("zero", Tensor.Of([0L])).Node("Mod", "i,two", "rest").Node("Equal", "rest,zero", "is even")
            .Node("If", "is even", "p", NodeAttribute.Graph("then_branch", even), NodeAttribute.Graph("else_branch", odd)).Node("Tanh", "p", "next");
    }

    // A recurrent layer over five tokens.
    private static Model WithScan()
    {
        var body = new GraphBuilder().Input("state", null, Width).Input("token", null, Width).Constant("u", Weight(1, Width, Width)).Constant("v", Weight(2, Width, Width)).Output("next").Output("out")
            .Node("MatMul", "state,u", "p").Node("MatMul", "token,v", "q").Node("Add", "p,q", "a").Node("Tanh", "a", "next").Node("Identity", "next", "out").Build();
        return Around(5).Node("ReduceMean", "h", "first", NodeAttribute.Ints("axes", 1), NodeAttribute.Int("keepdims", 0))
            .Node("Scan", "first,h", "end,s", NodeAttribute.Int("num_scan_inputs", 1), NodeAttribute.Ints("scan_input_axes", 1), NodeAttribute.Ints("scan_output_axes", 1), NodeAttribute.Graph("body", body))
            .Node("MatMul", "s,last", "y").Build();
    }

    // Layers before and behind the body.
    private static GraphBuilder Around(params long?[] tokens) => new GraphBuilder().Input("x", [null, .. tokens, Width]).Constant("w1", Weight(7, Width, Width)).Constant("last", Weight(8, Width, Width)).Output("y")
        .Node("MatMul", "x,w1", "h");

    // As large as those of trained layers, so that what a loop carries neither grows nor vanishes.
    private static Tensor Weight(int seed, int rows, int columns) => Tensor.Of(Matrices.Weights(rows, columns, seed, 0.8 / Math.Sqrt(rows)).Values.AsSpan(), rows, columns);
}
