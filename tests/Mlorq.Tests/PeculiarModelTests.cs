using Mlorq.IntraLayer;
using Mlorq.Onnx;
using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Tests;
using Mlorq.TestKit;

namespace Mlorq.Tests;

/// <summary>Models with a peculiarity that real exports have: each must come through and compute what was planned.</summary>
public class PeculiarModelTests
{
    private static readonly RunSettings Run = new() { Threads = 2 };

    [Fact]
    public void A_row_of_zeros() => Compresses(TinyModels.TwoLayers().Constant("w1", WithZeroColumn()).Build());

    [Fact]
    public void A_matrix_of_zeros() => Compresses(TinyModels.TwoLayers().Constant("w2", Tensor.Of(new float[96 * 48], 96, 48)).Build());

    [Fact]
    public void A_layer_whose_inputs_are_always_zero() =>
        Compresses(TinyModels.TwoLayers().Constant("b1", Tensor.Of(Enumerable.Repeat(-1e6f, 96).ToArray(), 96)).Build(), hasSignal: true);

    // The learned query of an attention pooling head is the same for every sample.
    [Fact]
    public void A_layer_whose_input_never_varies()
    {
        var model = new GraphBuilder()
            .Input("x", null, 1, 64).Weight("query", 1, 1, 64).Weight("w1", 64, 96).Weight("b1", 96).Weight("w2", 64, 96).Output("y")
            .Node("Sub", "x,x", "zeros").Node("Add", "zeros,query", "q")
            .Node("MatMul", "q,w1", "p").Node("Add", "p,b1", "a").Node("MatMul", "x,w2", "v").Node("Mul", "a,v", "y").Build();
        Compresses(model);
    }

    [Fact]
    public void Biases_that_are_equal_and_so_become_one_tensor()
    {
        var zeros = Tensor.Of(new float[64], 64);
        var builder = new GraphBuilder().Input("x", null, 64).Output("y");
        builder = builder.Weight("w1", 64, 64).Constant("b1", zeros).Weight("w2", 64, 64).Constant("b2", zeros);
        Compresses(builder.Node("MatMul", "x,w1", "p").Node("Add", "p,b1", "h").Node("Relu", "h", "r").Node("MatMul", "r,w2", "q").Node("Add", "q,b2", "y").Build());
    }

    [Fact]
    public void A_shared_bias_that_has_the_name_a_layer_would_give_it()
    {
        var model = new GraphBuilder().Input("x", null, 64).Weight("w1", 64, 64).Weight("w2", 64, 64).Weight("fc/bias", 64).Output("y")
            .Add(new Node("MatMul", "fc/MatMul", ["x", "w1"], ["p"])).Node("Add", "p,fc/bias", "h").Node("Relu", "h", "r")
            .Node("MatMul", "r,w2", "q").Node("Add", "q,fc/bias", "s").Node("Mul", "s,fc/bias", "y").Build();
        Compresses(model);
    }

    [Theory]
    [InlineData(float.NegativeInfinity)]
    [InlineData(float.MinValue)]
    [InlineData(-1e9f)]
    public void A_causal_mask(float masked)
    {
        var mask = Enumerable.Range(0, 64 * 64).Select(i => i % 64 > i / 64 ? masked : 0).ToArray();
        var model = new GraphBuilder().Input("x", null, 64, 64).Weight("w1", 64, 64).Weight("w2", 64, 64).Constant("mask", Tensor.Of(mask, 64, 64)).Output("y")
            .Node("MatMul", "x,w1", "s").Node("Add", "s,mask", "m").Node("Softmax", "m", "a").Node("MatMul", "a,w2", "y").Build();
        Compresses(model, samples: 4, constants: 64 * 64 * sizeof(float));
    }

    [Fact]
    public void A_mean_far_larger_than_the_spread()
    {
        var model = new GraphBuilder().Input("x", null, 64).Constant("far", Tensor.Of([3000f], 1)).Weight("w", 64, 64).Weight("b", 64).Output("y")
            .Node("Add", "x,far", "s").Node("MatMul", "s,w", "p").Node("Add", "p,b", "y").Build();
        Compresses(model);
    }

    [Fact]
    public void A_single_sample() => Compresses(TinyModels.TwoLayers().Build(), samples: 1);

    [Fact]
    public void A_weight_shared_by_two_products()
    {
        var model = new GraphBuilder().Input("x", null, 64).Weight("w", 64, 64).Weight("b", 64).Output("y")
            .Node("MatMul", "x,w", "p").Node("Add", "p,b", "h").Node("Relu", "h", "r").Node("MatMul", "r,w", "y").Build();
        var result = Compresses(model);
        var calls = result.Model.Graph.Nodes.Count(n => n.Domain == "mlorq" && n.OpType.StartsWith("Linear", StringComparison.Ordinal));
        Assert.True(calls is 2 or 4);
        Assert.Equal(1, result.Plan.Choices.Count(c => c.Layer.TensorName == "w"));
        Assert.DoesNotContain("w", result.Model.Graph.InitializerNames);
    }

    // Tokens come in by the rows that they go out by.
    [Fact]
    public void Tied_embeddings()
    {
        var model = new GraphBuilder().Input("ids", ElementType.Int64, null, 6).Weight("table", 100, 64).Weight("w", 64, 64).Weight("b", 100).Output("y")
            .Node("Gather", "table,ids", "e").Node("MatMul", "e,w", "p").Node("Relu", "p", "r").Node("Add", "e,r", "h")
            .Node("Transpose", "table", "head", NodeAttribute.Ints("perm", 1, 0)).Node("MatMul", "h,head", "q").Node("Add", "q,b", "y").Build();
        var result = Compresses(model, constants: 1_500);
        var tied = result.Layers.Single(l => l.Layer is Mlorq.Layers.LinearLayer { Lookups.Count: 1 });
        Assert.DoesNotContain(result.Layers, l => l.Layer is Mlorq.Layers.TableLayer);
        Assert.True(tied.Candidate is Candidate.Dense { Format: { BitWidth.IsTrellis: false, Granularity.IsPerOutputChannel: true } }, $"{tied.Candidate}");
        var codes = result.Model.Graph.Nodes.Single(n => n.OpType.StartsWith("KernelRows", StringComparison.Ordinal)).Input(0);
        Assert.Equal(2, result.Model.Graph.Readers(codes).Count);
        // All bytes of the layer in one line, under the product's function: codes, scales, bias and both calls.
        var line = Mlorq.Layers.ModelInspection.Of(result.Model).Layers.Single(l => l.Name == tied.Layer.Name);
        Assert.Equal(Mlorq.Rewriting.ModelRewriter.SizeInBytes(tied.Layer, tied.Candidate), line.SizeInBytes);
        Assert.StartsWith("Linear", line.Operator, StringComparison.Ordinal);
        Assert.True(Mlorq.Layers.LayerPattern.Parse("table").Matches(tied.Layer));
    }

    // Half-precision scales end at 65,504.
    [Theory]
    [InlineData(1e6)]
    [InlineData(1e-5)]
    public void Very_large_or_small_weights(double size)
    {
        var weights = Matrices.Weights(64, 96, 5, size);
        var scale = Tensor.Of([(float)(1 / size)], 1);
        var model = new GraphBuilder().Input("x", null, 64).Constant("w1", Tensor.Of(weights.Values.AsSpan(), 64, 96)).Constant("scale", scale)
            .Weight("w2", 96, 48).Output("y").Node("MatMul", "x,w1", "p").Node("Mul", "p,scale", "h").Node("Relu", "h", "r").Node("MatMul", "r,w2", "y").Build();
        Compresses(model);
    }

    // Half precision cannot hold the bias of the compressed layer.
    [Fact]
    public void A_bias_beyond_half_precision() =>
        Compresses(TinyModels.TwoLayers().Constant("b1", Tensor.Of(Enumerable.Range(0, 96).Select(i => i == 5 ? 1e5f : 0.1f).ToArray(), 96)).Build());

    [Fact]
    public void A_model_that_is_compressed_already_in_part()
    {
        var first = Compresses(TinyModels.TwoLayers().Build());
        // Another layer behind the compressed ones.
        var editor = first.Model.Edit();
        editor.SetInitializer("w3", RandomInputs.Floats(new Random(3), 48, 64));
        editor.Nodes.Add(new Node("MatMul", "again", ["y", "w3"], ["z"]));
        editor.AddOutput("z", ElementType.Float);
        var model = editor.ToModel();
        var calibration = TinyModels.Calibration(model);
        var second = Compressor.Compress(model, calibration, TinyModels.Bytes(first.Plan.SizeInBytes + 4_000), Run);
        Assert.Contains(second.Plan.Choices, c => c.Candidate.Candidate is Candidate.Dense or Candidate.MixedRows or Candidate.LowRank);
        using var folder = new TemporaryFolder();
        CompressedFile.Write(second, folder.File("small.onnx"), calibration, Run);
    }

    // Groups of 128 are offered only, and no row is that long.
    [Fact]
    public void A_uniform_plan_without_a_format_for_all_layers_is_an_error_that_the_user_can_mend()
    {
        var model = TinyModels.TwoLayers().Build();
        var options = TinyModels.Bytes(40_000) with
        {
            Allocation = Allocation.Uniform,
            Candidates = new CandidateOptions { Granularities = [Mlorq.Quantization.Granularity.Group(128)] },
        };
        Assert.ThrowsAny<Onnx.MlorqException>(() => Compressor.Compress(model, TinyModels.Calibration(model), options, Run));
    }

    // What changed between these versions is in it: axes and sizes as attributes or inputs, what Softmax normalizes, how parts are counted.
    [Theory]
    [InlineData(11)]
    [InlineData(12)]
    [InlineData(13)]
    [InlineData(14)]
    [InlineData(15)]
    [InlineData(16)]
    [InlineData(18)]
    [InlineData(19)]
    [InlineData(20)]
    [InlineData(21)]
    [InlineData(22)]
    [InlineData(23)]
    public void A_model_of_any_opset(long opset)
    {
        var builder = new GraphBuilder().Input("x", null, 4, 64).Weight("qkv", 64, 192).Weight("b", 192).Weight("w", 64, 64).Output("y")
            .Node("MatMul", "x,qkv", "p").Node("Add", "p,b", "a")
            .Node("Split", opset >= 13 ? "a,split" : "a", "q,k,v", [NodeAttribute.Int("axis", 2), .. Attribute(opset < 13, "split", 64, 64, 64)])
            .Node("Unsqueeze", opset >= 13 ? "q,first" : "q", "q1", Attribute(opset < 13, "axes", 1))
            .Node("Unsqueeze", opset >= 13 ? "k,first" : "k", "k1", Attribute(opset < 13, "axes", 1))
            .Node("Transpose", "k1", "kt", NodeAttribute.Ints("perm", 0, 1, 3, 2)).Node("MatMul", "q1,kt", "s").Node("Softmax", "s", "m", NodeAttribute.Int("axis", 3))
            .Node("Squeeze", opset >= 13 ? "m,first" : "m", "m1", Attribute(opset < 13, "axes", 1))
            .Node("MatMul", "m1,v", "h").Node("ReduceMean", opset >= 18 ? "h,first" : "h", "r", [NodeAttribute.Int("keepdims", 0), .. Attribute(opset < 18, "axes", 1)])
            .Node("MatMul", "r,w", "y");
        var result = Compresses(builder.Constant("first", Tensor.Of([1L], 1)).Constant("split", Tensor.Of([64L, 64, 64], 3)).Build(opset));
        Assert.Equal(Math.Max(opset, 18), result.Model.Opset);
        Assert.DoesNotContain(result.Canonical.Graph.Nodes, n => n.Is("Flatten"));

        static NodeAttribute[] Attribute(bool isOld, string name, params long[] values) => isOld ? [NodeAttribute.Ints(name, values)] : [];
    }

    // The version is the first field of a file. Before 4, every weight had to be an input as well.
    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(9)]
    [InlineData(10)]
    [InlineData(11)]
    public void A_model_of_any_version_of_the_ir(byte version)
    {
        var builder = TinyModels.TwoLayers();
        if (version < 4) builder = builder.Input("w1", 64, 96).Input("b1", 96).Input("w2", 96, 48).Input("b2", 48);
        var bytes = OnnxWriter.ToBytes(builder.Build());
        Assert.Equal([8, 8], bytes[..2]);
        bytes[1] = version;
        var model = OnnxReader.Parse(bytes);
        Assert.Equal(version, model.IrVersion);
        var result = Compresses(model);
        Assert.Equal(Math.Max(version, (byte)8), result.Model.IrVersion);
        Assert.Equal(["x"], result.Model.Graph.Inputs.Select(i => i.Name));
    }

    [Fact]
    public void A_model_in_half_precision()
    {
        static Tensor Halves(Tensor tensor) => Tensor.Of(Array.ConvertAll(tensor.Floats.ToArray(), v => (Half)v), [.. tensor.Shape]);
        var random = new Random(4);
        var model = new GraphBuilder().Input("x", ElementType.Float16, null, 64).Constant("w1", Halves(RandomInputs.Floats(random, 64, 96))).Constant("b1", Halves(RandomInputs.Floats(random, 96)))
            .Constant("w2", Halves(RandomInputs.Floats(random, 96, 48))).Output("y", ElementType.Float16)
            .Node("MatMul", "x,w1", "p").Node("Add", "p,b1", "h").Node("Relu", "h", "r").Node("MatMul", "r,w2", "y").Build();
        var result = Compresses(model, constants: 3_000);
        Assert.Equal(2, result.Layers.Count(l => l.Layer is Mlorq.Layers.LinearLayer));
        Assert.Equal([ElementType.Float16], result.Model.Graph.Outputs.Select(o => o.Type));
    }

    [Fact]
    public void Layers_in_functions()
    {
        var linear = new Function("local", "Linear", ["x", "w", "b"], ["y"], [], [new Node("MatMul", "product", ["x", "w"], ["p"]), new Node("Add", "sum", ["p", "b"], ["y"])], [("", 17)]);
        var editor = new GraphBuilder().Input("x", null, 64).Weight("w1", 64, 96).Weight("b1", 96).Weight("w2", 96, 48).Weight("b2", 48).Output("y")
            .Add(new Node("Linear", "first", ["x", "w1", "b1"], ["h"], domain: "local")).Node("Relu", "h", "r").Add(new Node("Linear", "second", ["r", "w2", "b2"], ["y"], domain: "local")).Build().Edit();
        editor.AddFunction(linear);
        var result = Compresses(editor.ToModel());
        Assert.Equal(["first/product", "second/product"], result.Layers.Select(l => l.Layer).OfType<Mlorq.Layers.LinearLayer>().Select(l => l.Name));
    }

    // In three places: of the graph, of a body, and in a function.
    [Fact]
    public void Weights_in_files_beside_the_model()
    {
        var random = new Random(9);
        var branch = new GraphBuilder().Constant("w2", RandomInputs.Floats(random, 96, 96)).Output("t").Node("MatMul", "h,w2", "t").Build();
        var builder = new GraphBuilder().Input("x", null, 64).Weight("w1", 64, 96).Constant("zero", Tensor.Of([0f])).Output("y")
            .Node("MatMul", "x,w1", "h").Node("ReduceSum", "x", "sum", NodeAttribute.Int("keepdims", 0)).Node("Greater", "sum,zero", "yes")
            .Node("If", "yes", "s", NodeAttribute.Graph("then_branch", branch), NodeAttribute.Graph("else_branch", branch)).Add(new Node("Last", "last", ["s"], ["y"], domain: "local"));
        var editor = builder.Build().Edit();
        editor.AddFunction(new Function("local", "Last", ["x"], ["y"], [], [new Node("Constant", "", [], ["w"], [NodeAttribute.Tensor("value", RandomInputs.Floats(random, 96, 48))]), new Node("MatMul", "product", ["x", "w"], ["y"])], [("", 17)]));
        var model = editor.ToModel();
        using var folder = new TemporaryFolder();
        var read = OnnxReader.Read(ExternalWeights.Write(model, folder));
        File.Delete(folder.File(ExternalWeights.FileName));
        Assert.Equal(OnnxWriter.ToBytes(Compresses(model, constants: 16_000).Model), OnnxWriter.ToBytes(Compresses(read, constants: 16_000).Model));
    }

    // Both layers get a bias of their own, so the shared row has no reader any more.
    [Fact]
    public void A_shared_bias_is_not_left_behind()
    {
        var row = Tensor.Of(Enumerable.Range(0, 96).Select(i => i / 96f).ToArray(), 96);
        var model = new GraphBuilder().Input("x", null, 64).Weight("w1", 64, 96).Weight("w2", 96, 96).Constant("b", row).Output("y")
            .Node("MatMul", "x,w1", "p").Node("Add", "p,b", "h").Node("Relu", "h", "r").Node("MatMul", "r,w2", "q").Node("Add", "q,b", "y").Build();
        var result = Compresses(model);
        foreach (var name in result.Model.Graph.InitializerNames.Where(n => !n.StartsWith("mlorq/", StringComparison.Ordinal)))
        {
            Assert.True(result.Model.Graph.Readers(name).Any(r => r.Outputs.Any(o => result.Model.Graph.Readers(o).Count > 0 || result.Model.Graph.IsOutput(o))), $"nobody needs '{name}'");
        }
    }

    private static CompressionResult Compresses(Model model, int samples = 24, bool hasSignal = true, long constants = 0)
    {
        // The functions for speed are larger.
        Compresses(model, samples, hasSignal, constants + 1_000, RuntimeProfile.Speed);
        return Compresses(model, samples, hasSignal, constants, RuntimeProfile.Memory);
    }

    private static CompressionResult Compresses(Model model, int samples, bool hasSignal, long constants, RuntimeProfile runtime)
    {
        // Bytes for three bits a weight and the functions, which such small models can hardly afford.
        var weights = model.Graph.InitializerNames.Sum(n => model.Graph.InitializerSpec(n).DataSizeInBytes / 4);
        var calibration = TinyModels.Calibration(model, samples);
        var result = Compressor.Compress(model, calibration, TinyModels.Bytes(4_000 + constants + (weights / 2)) with { Runtime = runtime }, Run);
        using var folder = new TemporaryFolder();
        CompressedFile.Write(result, folder.File("small.onnx"), calibration, Run);
        Assert.Equal(result.Plan.SizeInBytes, new FileInfo(folder.File("small.onnx")).Length);
        Assert.Contains(result.Plan.Choices, c => c.Candidate.Candidate is Candidate.Dense or Candidate.MixedRows or Candidate.LowRank);
        if (hasSignal) Assert.True(result.Change.SignalToNoiseInDecibels > 5, $"{result.Change.SignalToNoiseInDecibels:F1} dB");
        return result;
    }

    private static Tensor WithZeroColumn()
    {
        var values = Matrices.Weights(64, 96, 3);
        for (var i = 0; i < 64; i++) values[i, 10] = 0;
        return Tensor.Of(values.Values.AsSpan(), 64, 96);
    }
}
