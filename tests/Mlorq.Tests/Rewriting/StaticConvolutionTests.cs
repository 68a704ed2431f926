using Mlorq.Activations;
using Mlorq.InterLayer;
using Mlorq.Layers;
using Mlorq.Onnx;
using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Passes;
using Mlorq.Onnx.Tests;
using Mlorq.Rewriting;

namespace Mlorq.Tests.Rewriting;

/// <summary>Convolutions that read and put out bytes, in ONNX Runtime and in C#.</summary>
public sealed class StaticConvolutionTests
{
    private const RuntimeProfile Speed = RuntimeProfile.Speed;
    private static readonly RunSettings Run = new() { Threads = 2 };

    // Two convolutions in a row with a Relu between, one with groups and without bias beside them, a sum, and a layer behind all.
    private static readonly Model Convolutions = Canonicalize.Apply(new GraphBuilder()
        .Input("x", null, 8, 9, 7).Weight("k1", 16, 8, 3, 3).Weight("b1", 16).Weight("k2", 16, 16, 3, 3).Weight("b2", 16).Weight("k3", 16, 2, 3, 3).Weight("w", 16, 800).Output("y")
        .Node("Conv", "x,k1,b1", "c1", NodeAttribute.Ints("pads", 1, 1, 1, 1)).Node("Relu", "c1", "r1")
        .Node("Conv", "r1,k2,b2", "c2", NodeAttribute.Ints("pads", 1, 1, 1, 1), NodeAttribute.Ints("strides", 2, 2))
        .Node("Conv", "x,k3", "c3", NodeAttribute.Int("group", 4), NodeAttribute.Text("auto_pad", "SAME_UPPER"), NodeAttribute.Ints("strides", 2, 2))
        .Node("Add", "c2,c3", "s").Node("Transpose", "s", "t", NodeAttribute.Ints("perm", 0, 2, 3, 1)).Node("MatMul", "t,w", "y").Build());

    private static readonly CalibrationSet Inputs = CalibrationSet.Of(RandomInputs.For(Convolutions, 24), 4);

    private static readonly CompressionOptions Options = new()
    {
        Budget = new Budget.Bytes(27_000),
        Runtime = Speed,
        Activations = new ActivationOptions { Scales = IntegerScales.Static, Guard = new GuardLimit.SignalToNoise(10) },
        Rounding = RoundingMethod.Nearest,
        Tuning = new TuningOptions { Method = TuningMethod.None },
    };

    [Fact]
    public void A_model_with_convolutions_computes_with_bytes_from_its_input_on()
    {
        var result = Compressor.Compress(Convolutions, Inputs, Options, Run);
        using var folder = new TestKit.TemporaryFolder();
        CompressedFile.Write(result, folder.File("out.onnx"), Inputs, Run);

        Assert.Equal(
            ["MatMulIntegerToFloat", "QLinearAdd", "QLinearConv", "QLinearConv", "QLinearConv", "QuantizeLinear", "Transpose"],
            OneLayer.KeptOperators(result.Model).Order(StringComparer.Ordinal));
        Assert.Equal(["x", "r1", "c2", "c3", "t"], result.Activations.Select(a => a.Point.Tensor));
        Assert.InRange(OutputComparison.Between(Convolutions, result.Model, Inputs, Run).SignalToNoiseInDecibels, 15, 100);
        Assert.InRange(OutputComparison.Between(result.Simulated, result.Model, Inputs, Run).SignalToNoiseInDecibels, 45, double.PositiveInfinity);
        Assert.All(ShadowProducts.Compare(result.Model, result.Layers, Inputs, result.Runtime, Run), l => Assert.True(l.Change.SignalToNoiseInDecibels > 80, $"{l.Layer}: {l.Change.SignalToNoiseInDecibels}"));

        var inspected = StoredLayers.Of(OnnxReader.Read(folder.File("out.onnx")).Graph);
        Assert.Equal(3, inspected.Count(l => l.Shape.Count == 4));
        Assert.True(inspected.Sum(l => l.SizeInBytes) < result.Plan.SizeInBytes);
    }

    // Kernels in single precision, in half and in codes are all made bytes when the file is loaded.
    [Fact]
    public void Kernels_are_constant_bytes_after_loading()
    {
        var result = Compressor.Compress(Convolutions, Inputs, Options, Run);
        var kept = OneLayer.Optimized(result.Model).Graph;
        foreach (var node in kept.Nodes.Where(n => n.Is("QLinearConv")))
        {
            Assert.Equal(ElementType.Int8, kept.InitializerSpec(node.Input(3)).Type);
            Assert.Equal(ElementType.Int32, kept.InitializerSpec(node.Input(8)).Type);
        }

        Assert.DoesNotContain(kept.InitializerNames, n => kept.InitializerSpec(n) is { Type: ElementType.Float, Shape.Count: 4 });
        Assert.Equal(
            result.ResidentInBytes,
            kept.InitializerNames.Select(kept.InitializerSpec).Where(s => Tensor.CountElements(s.Shape) > 1).Sum(s => s.DataSizeInBytes) - (3 * 16) + 320,
            0.05 * result.ResidentInBytes);
    }

    [Fact]
    public void A_convolution_whose_output_costs_too_much_stays_float()
    {
        var all = ActivationPoints.FindForBytes(Convolutions, LayerFinder.Find(Convolutions)).Select(p => new QuantizedActivation(p with { FloatReaders = [] }, new ActivationGrid.Uniform(0.05f, p.Tensor == "r1" ? 0 : 128, 8))).ToList();
        Assert.Equal(["x", "r1", "c2", "c3", "t"], all.Select(a => a.Point.Tensor).OrderBy(t => Array.IndexOf(["x", "r1", "c2", "c3", "t"], t)));

        Assert.Equal(3, IntegerConvolutions.Of(Convolutions.Graph, all).Count);
        Assert.Equal(["c3"], Without("r1").Select(c => c.Output));
        Assert.Equal(["r1", "c3"], Without("c2").Select(c => c.Output));
        Assert.Empty(Without("x", "r1"));
        // A Relu whose levels begin below zero would let them through.
        Assert.Equal(["c2", "c3"], IntegerConvolutions.Of(Convolutions.Graph, [.. all.Select(a => a with { Grid = new ActivationGrid.Uniform(0.05f, 3, 8) })]).Select(c => c.Output));
        // What only a float convolution would read is not rounded at all.
        Assert.Equal(["x", "c3"], IntegerPoints.Of(Convolutions.Graph, [], [.. all.Where(a => a.Point.Tensor is "x" or "c2" or "c3")]).Select(a => a.Point.Tensor));

        IReadOnlyList<IntegerConvolution> Without(params string[] tensors) => IntegerConvolutions.Of(Convolutions.Graph, [.. all.Where(a => !tensors.Contains(a.Point.Tensor))]);
    }

    // An output of the model, a kernel that is computed, a constant input, another number of dimensions.
    [Fact]
    public void Other_convolutions_are_left_alone()
    {
        Assert.Empty(Found(new GraphBuilder().Input("x", 1, 8, 9, 9).Weight("k", 16, 8, 3, 3).Output("y").Node("Conv", "x,k", "y")));
        Assert.Empty(Found(new GraphBuilder().Input("x", 1, 8, 9, 9).Weight("k", 16, 8, 3, 3).Weight("g", 16, 1, 1, 1).Output("y").Node("Mul", "k,g", "kg").Node("Conv", "x,kg", "c").Node("Sigmoid", "c", "y")));
        Assert.Empty(Found(new GraphBuilder().Input("x", 1, 16, 7, 7).Weight("e", 1, 8, 9, 9).Weight("k", 16, 8, 3, 3).Output("y").Node("Conv", "e,k", "c").Node("Add", "c,x", "y")));
        Assert.Empty(Found(new GraphBuilder().Input("x", 1, 8, 9).Weight("k", 16, 8, 3).Output("y").Node("Conv", "x,k", "c").Node("Sigmoid", "c", "y")));

        static IEnumerable<IntegerConvolution> Found(GraphBuilder builder) => IntegerConvolutions.Find(Canonicalize.Apply(builder.Build()).Graph);
    }

    // ONNX Runtime would round the kernel behind it.
    [Fact]
    public void Nothing_is_bytes_before_a_kernel_in_single_precision()
    {
        var model = Canonicalize.Apply(new GraphBuilder()
            .Input("x", 1, 8, 20, 20).Weight("k1", 16, 8, 3, 3).Weight("k2", 16, 16, 3, 3).Weight("t", 16, 4, 2, 2).Weight("w", 17, 600).Output("y")
            .Node("Conv", "x,k1", "c1").Node("Conv", "c1,k2", "c2").Node("Relu", "c2", "r").Node("Transpose", "r", "p", NodeAttribute.Ints("perm", 0, 1, 3, 2)).Node("ConvTranspose", "p,t", "u").Node("MatMul", "u,w", "y").Build());
        QuantizedActivation[] all = [.. ActivationPoints.FindForBytes(model, LayerFinder.Find(model)).Select(p => new QuantizedActivation(p, new ActivationGrid.Uniform(0.05f, 0, 8)))];
        Assert.Equal(["x", "c1", "r", "u"], all.Select(a => a.Point.Tensor));
        // The second convolution stays float, so that nothing is rounded around the transposed one; with that, nothing is behind the second, and the first may be bytes.
        Assert.Equal(["c1"], IntegerConvolutions.Of(model.Graph, all).Select(c => c.Output));
        Assert.Equal(["c1", "r"], IntegerConvolutions.Of(model.Graph, [.. all.Where(a => a.Point.Tensor != "u")]).Select(c => c.Output));
        // What was decided once stays decided.
        var kept = IntegerPoints.Of(model.Graph, [], all);
        Assert.Equal(["x", "c1"], kept.Select(a => a.Point.Tensor));
        Assert.Equal(["c1"], IntegerConvolutions.Of(model.Graph, kept).Select(c => c.Output));
    }

    // A kernel that two convolutions share; values of an attention that a convolution reads as well; a Relu beside another reader.
    [Theory]
    [InlineData("shared")]
    [InlineData("operand")]
    [InlineData("beside")]
    public void Tensors_with_readers_of_many_kinds_are_what_the_simulation_has(string kind)
    {
        var builder = new GraphBuilder().Input("x", null, 8, 16, 16).Weight("k", 8, 8, 3, 3).Weight("w", 16, 600).Output("y");
        var pads = NodeAttribute.Ints("pads", 1, 1, 1, 1);
        builder = kind switch
        {
            "shared" => builder.Node("Conv", "x,k", "c", pads).Node("Conv", "c,k", "d", pads).Node("Add", "c,d", "s").Node("MatMul", "s,w", "y"),
            "operand" => builder.Node("Sigmoid", "x", "v").Node("Softmax", "x", "p", NodeAttribute.Int("axis", -1)).Node("MatMul", "p,v", "a").Node("Conv", "v,k", "c", pads).Node("Add", "a,c", "s").Node("MatMul", "s,w", "y"),
            _ => builder.Weight("u", 16, 600).Node("Conv", "x,k", "c", pads).Node("Relu", "c", "r").Node("MatMul", "c,w", "m").Node("MatMul", "r,u", "n").Node("Add", "m,n", "y"),
        };
        var model = Canonicalize.Apply(builder.Build());
        var inputs = CalibrationSet.Of(RandomInputs.For(model, 24), 4);
        var result = Compressor.Compress(model, inputs, Options with { Budget = new Budget.Ratio(1) }, Run);

        using var folder = new TestKit.TemporaryFolder();
        CompressedFile.Write(result, folder.File("out.onnx"), inputs, Run);
        Assert.Equal(kind == "shared" ? 2 : 1, result.Model.Graph.Nodes.Count(n => n.Is("QLinearConv")));
        Assert.InRange(OutputComparison.Between(result.Simulated, result.Model, inputs, Run).SignalToNoiseInDecibels, 45, double.PositiveInfinity);
    }

    // A channel without weights still has its bias.
    [Fact]
    public void Bytes_are_worth_what_the_graph_computes()
    {
        var random = new Random(7);
        var kernel = RandomInputs.Floats(random, [6, 4, 3, 3]);
        var values = kernel.Floats.ToArray();
        values.AsSpan(36, 36).Clear();
        values.AsSpan(72, 36).Fill(1e-20f);
        kernel = Tensor.Of(values.AsSpan(), 6, 4, 3, 3);
        float[] bias = [0.3f, -5, 1e3f, 0, 1e-6f, 40];
        var (worth, worthOfBias) = ConvolutionBytes.Dequantize(kernel, bias, 0.02f);
        var builder = new GraphBuilder().Input("x", 1).Constant("k", kernel).Constant("b", Tensor.Of(bias.AsSpan(), 6)).Constant("s", Tensor.Of([0.02f])).Output("kernel").Output("bias")
            .Add(new Node(ConvolutionBytes.Name, "", ["k", "b", "s"], ["q", "scale", "zero", "whole"], domain: "mlorq"))
            .Node("DequantizeLinear", "q,scale,zero", "kernel", NodeAttribute.Int("axis", 0)).Node("Cast", "whole", "w", NodeAttribute.Int("to", (long)ElementType.Float))
            .Node("Mul", "w,scale", "p").Node("Mul", "p,s", "bias");
        var editor = builder.Build(18).Edit();
        editor.AddFunction(ConvolutionBytes.Function);
        editor.ImportOpset("mlorq", 1);
        editor.RequireIrVersion(8);
        var outputs = Judge.Run(editor.ToModel(), new Dictionary<string, Tensor> { ["x"] = Tensor.Of([1f], 1) });

        TestKit.Close.Equal(outputs[0].Floats, worth.Floats, 1e-6, 1e-30);
        TestKit.Close.Equal(outputs[1].Floats, worthOfBias, 1e-6, 1e-30);
        Assert.All(bias.Zip(worthOfBias), b => Assert.InRange(b.Second, b.First - (1e-3 * Math.Abs(b.First)) - 1e-4, b.First + (1e-3 * Math.Abs(b.First)) + 1e-4));
        Assert.All(values.Zip(worth.Floats.ToArray()).Take(36), v => Assert.Equal(v.First, v.Second, 0.02));
    }
}
