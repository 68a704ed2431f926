using Mlorq.IntraLayer;
using Mlorq.Layers;
using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Tests;
using Mlorq.TestKit;

namespace Mlorq.Tests;

/// <summary>Models that another tool has quantized, in the forms that tools write. Each is one that ONNX Runtime runs, with 6,144 codes or so and a small float layer behind.</summary>
public class QuantizedModelTests
{
    private static readonly RunSettings Run = new() { Threads = 2 };

    [Theory]
    [InlineData("DequantizeLinear", 6144)]
    [InlineData("MatMulInteger", 6144)]
    [InlineData("QLinearMatMul", 6144)]
    [InlineData("QLinearConv", 96 * 4 * 3 * 3)]
    [InlineData("MatMulNBits", 6144 / 2)]
    [InlineData("DynamicQuantizeMatMul", 6144)]
    public void A_model_that_another_tool_has_quantized_is_refused(string form, int codes) =>
        Refused(Quantized(form), $"The model is quantized already: {form} read {codes} codes in 1 tensors, more than there are weights in linear layers. The first is 'codes' at node 'node:read'. Compress the model that it was made from; what quantization has lost cannot be won back.");

    // An initializer of one branch, a Constant node of the other, and one of the graph around them.
    [Fact]
    public void Codes_in_bodies_count()
    {
        var then = new GraphBuilder().Constant("codes", Codes(64, 96)).Output("t").Node("DequantizeLinear", "codes,scale", "w").Node("MatMul", "x,w", "t").Build();
        var otherwise = new GraphBuilder().Output("e").Node("Constant", "", "codes", NodeAttribute.Tensor("value", Codes(64, 96))).Node("DequantizeLinear", "codes,scale", "w")
            .Node("DequantizeLinear", "outside,scale", "v").Node("Add", "w,v", "s").Node("MatMul", "x,s", "e").Build();
        var model = Start().Constant("outside", Codes(64, 96)).Constant("none", Tensor.Of([0f])).Node("ReduceSum", "x", "sum", NodeAttribute.Int("keepdims", 0)).Node("Greater", "sum,none", "yes")
            .Node("If", "yes", "h", NodeAttribute.Graph("then_branch", then), NodeAttribute.Graph("else_branch", otherwise));
        Refused(Model(model), $"DequantizeLinear read {3 * 6144} codes in 3 tensors", "The first is 'outside' at node 'node:v'");
    }

    // What tools put in to train or to simulate quantization: float weights that are rounded in every run. Theirs would be rounded a second time, to other levels.
    [Theory]
    [InlineData("w")]
    [InlineData("turned")]
    public void Weights_that_the_model_rounds_itself_are_refused(string weight)
    {
        var (scales, zeros) = (Tensor.Of(Enumerable.Repeat(0.01f, 96).ToArray(), 96), new Tensor(ElementType.Int8, [96], new byte[96]));
        var model = Start().Weight("w", 64, 96).Weight("w'", 96, 64).Constant("scales", scales).Constant("zeros", zeros)
            .Node("Transpose", "w'", "turned").Node("QuantizeLinear", $"{weight},scales,zeros", "q").Node("DequantizeLinear", "q,scales,zeros", "r").Node("MatMul", "x,r", "h");
        Refused(
            Model(model),
            $"The model rounds its weights whenever it runs: QuantizeLinear read 6144 weights in 1 tensors, more than there are in linear layers without that. The first is '{weight}' at node 'node:q'. Compress the model as it was before these nodes were put in: Mlorq rounds weights itself.");
    }

    // Values between layers that are rounded are none of Mlorq's concern: weights are float, and the nodes stay.
    [Theory]
    [InlineData(RuntimeProfile.Memory)]
    [InlineData(RuntimeProfile.Speed)]
    public void A_model_that_rounds_the_values_between_its_layers_is_compressed(RuntimeProfile runtime)
    {
        var model = new GraphBuilder().Input("x", null, 64).Weight("w1", 64, 96).Weight("w2", 96, 96).Constant("fine", Tensor.Of([0.02f])).Constant("coarse", Tensor.Of([0.2f])).Constant("zero", Zero).Output("y")
            .Node("QuantizeLinear", "x,fine,zero", "xq").Node("DequantizeLinear", "xq,fine,zero", "xr").Node("MatMul", "xr,w1", "h")
            .Node("QuantizeLinear", "h,coarse,zero", "hq").Node("DequantizeLinear", "hq,coarse,zero", "hr").Node("MatMul", "hr,w2", "y").Build();
        var result = Compresses(model, runtime);
        Assert.Equal(2, result.Model.Graph.Nodes.Count(n => n.Is("QuantizeLinear")));
        Assert.Equal(2, result.Model.Graph.Nodes.Count(n => n.Is("DequantizeLinear")));
        Assert.Equal(2, result.Plan.Choices.Count(c => c.Layer is LinearLayer && c.Candidate.Candidate is Candidate.Dense or Candidate.MixedRows or Candidate.LowRank && c.NoiseToSignal > 0));
    }

    // Fewer codes and rounded weights than there are weights to compress: those are left as they are.
    [Theory]
    [InlineData(RuntimeProfile.Memory)]
    [InlineData(RuntimeProfile.Speed)]
    public void A_model_of_which_a_small_part_is_quantized_is_compressed(RuntimeProfile runtime)
    {
        var model = new GraphBuilder().Input("x", null, 64).Weight("w1", 64, 96).Weight("w2", 96, 96).Weight("w3", 96, 16).Constant("codes", Codes(96, 16)).Constant("scale", Tensor.Of([0.01f])).Constant("zero", Zero).Output("y")
            .Node("MatMul", "x,w1", "p").Node("Relu", "p", "h").Node("MatMul", "h,w2", "q").Node("Relu", "q", "r")
            .Node("DequantizeLinear", "codes,scale", "v").Node("MatMul", "r,v", "s").Node("QuantizeLinear", "w3,scale,zero", "c").Node("DequantizeLinear", "c,scale,zero", "w").Node("MatMul", "r,w", "t").Node("Add", "s,t", "y").Build();
        var result = Compresses(model, runtime);
        Assert.Equal(2, result.Plan.Choices.Count(c => c.Layer is LinearLayer && c.Candidate.Candidate is Candidate.Dense or Candidate.MixedRows or Candidate.LowRank));
        Assert.Equal(1, result.Model.Graph.InitializerNames.Count(n => result.Model.Graph.InitializerSpec(n) is { Type: ElementType.Int8, Shape: [96, 16] }));
    }

    private static Tensor Zero => new(ElementType.Int8, [], new byte[1]);

    private static Model Quantized(string form) => Model(form switch
    {
        "DequantizeLinear" => Start().Constant("codes", Codes(64, 96)).Node("DequantizeLinear", "codes,scale", "read").Node("MatMul", "x,read", "h"),
        "MatMulInteger" => Start().Constant("codes", Codes(64, 96)).Node("DynamicQuantizeLinear", "x", "xq,xs,xz").Node("MatMulInteger", "xq,codes,xz", "read")
            .Node("Cast", "read", "f", NodeAttribute.Int("to", (long)ElementType.Float)).Node("Mul", "f,xs", "g").Node("Mul", "g,scale", "h"),
        "QLinearMatMul" => Start().Constant("codes", Codes(64, 96)).Node("QuantizeLinear", "x,scale,zero", "xq")
            .Node("QLinearMatMul", "xq,scale,zero,codes,scale,zero,scale,zero", "read").Node("DequantizeLinear", "read,scale,zero", "h"),
        "QLinearConv" => Start().Constant("codes", Codes(96, 4, 3, 3)).Constant("picture", Tensor.Of([-1L, 4, 4, 4], 4)).Node("Reshape", "x,picture", "x4").Node("QuantizeLinear", "x4,scale,zero", "xq")
            .Node("QLinearConv", "xq,scale,zero,codes,scale,zero,scale,zero", "read").Node("DequantizeLinear", "read,scale,zero", "f").Node("ReduceMean", "f", "h", NodeAttribute.Ints("axes", 2, 3), NodeAttribute.Int("keepdims", 0)),
        // Two codes in a byte, in blocks of 32.
        "MatMulNBits" => Start().Constant("codes", new Tensor(ElementType.UInt8, [96, 2, 16], new byte[3072])).Weight("scales", 96 * 2)
            .Add(new Node(form, "node:read", ["x", "codes", "scales"], ["h"], [NodeAttribute.Int("K", 64), NodeAttribute.Int("N", 96), NodeAttribute.Int("bits", 4), NodeAttribute.Int("block_size", 32)], "com.microsoft")),
        _ => Start().Constant("codes", Codes(64, 96)).Add(new Node(form, "node:read", ["x", "codes", "scale"], ["h"], domain: "com.microsoft")),
    });

    private static GraphBuilder Start() => new GraphBuilder().Input("x", null, 64).Constant("scale", Tensor.Of([0.1f])).Constant("zero", Zero).Weight("last", 96, 16).Output("y");

    private static Model Model(GraphBuilder builder)
    {
        var editor = builder.Node("MatMul", "h,last", "y").Build().Edit();
        editor.ImportOpset("com.microsoft", 1);
        return editor.ToModel();
    }

    private static void Refused(Model model, params string[] words)
    {
        // Only the codes are to be at fault.
        Judge.Run(model, RandomInputs.For(model));
        var e = Assert.Throws<QuantizedModelException>(() => Compressor.Compress(model, TinyModels.Calibration(model), TinyModels.Bytes(40_000), Run));
        foreach (var word in words) Assert.Contains(word, e.Message, StringComparison.Ordinal);
    }

    private static CompressionResult Compresses(Model model, RuntimeProfile runtime)
    {
        var calibration = TinyModels.Calibration(model);
        var result = Compressor.Compress(model, calibration, TinyModels.Bytes(model.SizeInBytes / 3) with { Runtime = runtime, Rounding = RoundingMethod.Nearest, Candidates = VitFashion.Few }, Run);
        using var folder = new TemporaryFolder();
        CompressedFile.Write(result, folder.File("small.onnx"), calibration, Run);
        Assert.True(result.Change.SignalToNoiseInDecibels > 5, $"{result.Change.SignalToNoiseInDecibels:F1} dB");
        return result;
    }

    private static Tensor Codes(params long[] shape) => new(ElementType.Int8, shape, new byte[Tensor.CountElements(shape)]);
}
