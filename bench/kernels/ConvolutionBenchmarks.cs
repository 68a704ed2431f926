using BenchmarkDotNet.Attributes;
using Microsoft.ML.OnnxRuntime;
using Mlorq.Onnx;
using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Tests;

namespace Mlorq.Benchmarks.Kernels;

/// <summary>
/// A convolution and a Relu in ONNX Runtime on one thread: in single precision; as ConvInteger, which needs no scale for the output, with the input rounded as it comes; and as
/// QLinearConv between static scales. Each with all that it takes to read and give single precision.
/// </summary>
public class ConvolutionBenchmarks : IDisposable
{
    private readonly RunOptions _run = new();
    private InferenceSession[] _sessions = [];
    private OrtValue? _input;

    [ParamsSource(nameof(Shapes))]
    public ConvolutionShape Shape { get; set; } = new(0, 0, 0, 0);

    public static IEnumerable<ConvolutionShape> Shapes => [new(256, 256, 3, 56), new(256, 256, 3, 14), new(64, 64, 3, 56), new(3, 64, 7, 224)];

    [GlobalSetup]
    public void Setup()
    {
        var (_, _, _, side) = Shape;
        _input = OrtValue.CreateTensorValueFromMemory(RandomInputs.Floats(new Random(1), [1, Shape.In, side, side]).Floats.ToArray(), [1, Shape.In, side, side]);
        using var options = new SessionOptions { IntraOpNumThreads = 1, InterOpNumThreads = 1 };
        _sessions = [.. new[] { Float(), Dynamic(), Static() }.Select(model => new InferenceSession(OnnxWriter.ToBytes(model), options))];
    }

    [Benchmark(Baseline = true)]
    public object Conv() => Run(0);

    [Benchmark]
    public object ConvInteger() => Run(1);

    [Benchmark]
    public object QLinearConv() => Run(2);

    [GlobalCleanup]
    public void Dispose()
    {
        foreach (var session in _sessions) session.Dispose();
        _sessions = [];
        _input?.Dispose();
        _run.Dispose();
        GC.SuppressFinalize(this);
    }

    private object Run(int session)
    {
        using var outputs = _sessions[session].Run(_run, ["x"], [_input!], ["y"]);
        return outputs.Count;
    }

    private GraphBuilder Start() => new GraphBuilder().Input("x", 1, Shape.In, Shape.Side, Shape.Side).Output("y");

    private NodeAttribute[] Moves => [NodeAttribute.Ints("kernel_shape", Shape.Kernel, Shape.Kernel), NodeAttribute.Ints("pads", [.. Enumerable.Repeat(Shape.Kernel / 2, 4)])];

    private Tensor Bytes
    {
        get
        {
            var bytes = new byte[Shape.Out * Shape.In * Shape.Kernel * Shape.Kernel];
            new Random(2).NextBytes(bytes);
            return new Tensor(ElementType.Int8, [Shape.Out, Shape.In, Shape.Kernel, Shape.Kernel], bytes);
        }
    }

    private Model Float() => Start().Weight("w", Shape.Out, Shape.In, Shape.Kernel, Shape.Kernel).Weight("b", Shape.Out).Node("Conv", "x,w,b", "sums", Moves).Node("Relu", "sums", "y").Build();

    private Model Dynamic() => Start()
        .Constant("w", Bytes).Weight("scale", 1, Shape.Out, 1, 1).Weight("b", 1, Shape.Out, 1, 1)
        .Node("DynamicQuantizeLinear", "x", "bytes,step,zero").Node("ConvInteger", "bytes,w,zero", "whole", Moves).Node("Cast", "whole", "steps", NodeAttribute.Int("to", (long)ElementType.Float))
        .Node("Mul", "step,scale", "worth").Node("Mul", "steps,worth", "product").Node("Add", "product,b", "sums").Node("Relu", "sums", "y").Build();

    private Model Static() => Start()
        .Constant("w", Bytes).Constant("scale", Tensor.Of(Enumerable.Repeat(0.01f, (int)Shape.Out).ToArray().AsSpan(), Shape.Out)).Constant("zeros", new Tensor(ElementType.Int8, [Shape.Out], new byte[Shape.Out]))
        .Constant("step", Tensor.Of([0.02f])).Constant("half", Tensor.Of([(byte)128])).Constant("out", Tensor.Of([0.1f])).Constant("none", Tensor.Of([(byte)0]))
        .Constant("b", new Tensor(ElementType.Int32, [Shape.Out], new byte[4 * Shape.Out]))
        .Node("QuantizeLinear", "x,step,half", "bytes").Node("QLinearConv", "bytes,step,half,w,scale,zeros,out,none,b", "codes", Moves).Node("DequantizeLinear", "codes,out,none", "y").Build();
}

/// <summary>Channels in and out, side of the square kernel, and of the input.</summary>
public sealed record ConvolutionShape(long In, long Out, long Kernel, long Side)
{
    /// <inheritdoc/>
    public override string ToString() => $"{In}-{Out} {Kernel}x{Kernel} {Side}";
}
