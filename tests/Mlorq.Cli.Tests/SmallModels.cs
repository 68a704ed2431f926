using Mlorq.Onnx;
using Mlorq.Onnx.Graphs;

namespace Mlorq.Cli.Tests;

/// <summary>Models that are compressed in a moment.</summary>
internal static class SmallModels
{
    /// <summary>A classifier of grey pictures of 8 × 8, ten classes.</summary>
    public static Model Classifier(long? batch = null, long channels = 1, long opset = 17, float firstWeight = 0.5f)
    {
        var random = new Random(5);
        var editor = Model.Create(
            "classifier",
            [new ValueInfo("picture", ElementType.Float, [batch, channels, 8, 8])],
            [new ValueInfo("logits", ElementType.Float, [batch, 10])],
            opset).Edit();
        var weight = Values(random, 64 * (int)channels * 48);
        weight[0] = firstWeight;
        editor.SetInitializer("w1", Tensor.Of(weight, 64 * channels, 48));
        editor.SetInitializer("b1", Tensor.Of(Values(random, 48), 48));
        editor.SetInitializer("w2", Tensor.Of(Values(random, 48 * 32), 48, 32));
        editor.SetInitializer("w3", Tensor.Of(Values(random, 32 * 10), 32, 10));
        editor.Nodes.Add(new Node("Flatten", "flat", ["picture"], ["flat"], [NodeAttribute.Int("axis", 1)]));
        editor.Nodes.Add(new Node("Gemm", "first", ["flat", "w1", "b1"], ["h1"]));
        editor.Nodes.Add(new Node("Relu", "relu", ["h1"], ["a1"]));
        editor.Nodes.Add(new Node("MatMul", "second", ["a1", "w2"], ["h2"]));
        editor.Nodes.Add(new Node("MatMul", "head", ["h2", "w3"], ["logits"]));
        return editor.ToModel();
    }

    /// <summary>The classifier with an operator that Mlorq cannot differentiate between its first and its second layer.</summary>
    public static Model WithoutGradient(string opType, string domain = "")
    {
        var editor = Classifier().Edit();
        var index = editor.Nodes.FindIndex(n => n.Name == "relu");
        string[] inputs = opType == "FusedGemm" ? ["h1", "mixing"] : ["h1"];
        if (opType == "FusedGemm") editor.SetInitializer("mixing", Tensor.Of(Values(new Random(6), 48 * 48), 48, 48));
        NodeAttribute[] attributes = opType == "FusedGemm" ? [NodeAttribute.Text("activation", "Relu")] : [];
        editor.Nodes[index] = new Node(opType, "odd one", inputs, ["a1"], attributes, domain);
        if (domain.Length > 0) editor.ImportOpset(domain, 1);
        return editor.ToModel();
    }

    /// <summary>A layer whose weight is in bytes already, and a smaller one of floats behind it.</summary>
    public static Model Quantized()
    {
        var editor = Model.Create("quantized", [new ValueInfo("x", ElementType.Float, [null, 64])], [new ValueInfo("y", ElementType.Float, [null, 32])], 17).Edit();
        editor.SetInitializer("codes", new Tensor(ElementType.Int8, [64, 48], new byte[64 * 48]));
        editor.SetInitializer("scale", Tensor.Of([0.1f]));
        editor.SetInitializer("w", Tensor.Of(Values(new Random(5), 48 * 32), 48, 32));
        editor.Nodes.Add(new Node("DequantizeLinear", "unpack", ["codes", "scale"], ["v"]));
        editor.Nodes.Add(new Node("MatMul", "first", ["x", "v"], ["h"]));
        editor.Nodes.Add(new Node("MatMul", "second", ["h", "w"], ["y"]));
        return editor.ToModel();
    }

    /// <summary>A product of the sum of two inputs.</summary>
    public static Model TwoInputs()
    {
        var editor = Model.Create(
            "two",
            [new ValueInfo("left", ElementType.Float, [null, 64]), new ValueInfo("right", ElementType.Float, [null, 64])],
            [new ValueInfo("y", ElementType.Float, [null, 32])],
            17).Edit();
        editor.SetInitializer("w", Tensor.Of(Values(new Random(5), 64 * 32), 64, 32));
        editor.Nodes.Add(new Node("Add", "sum", ["left", "right"], ["x"]));
        editor.Nodes.Add(new Node("MatMul", "product", ["x", "w"], ["y"]));
        return editor.ToModel();
    }

    /// <summary>The number of tokens that <see cref="Text"/> knows.</summary>
    public const int Vocabulary = 50;

    /// <summary>The sum of the tokens of texts of any length, those under a mask, times a weight.</summary>
    public static Model Text()
    {
        var editor = Model.Create(
            "text",
            [new ValueInfo("ids", ElementType.Int64, [null, null]), new ValueInfo("mask", ElementType.Int64, [null, null])],
            [new ValueInfo("y", ElementType.Float, [null, 40])],
            17).Edit();
        editor.SetInitializer("table", Tensor.Of(Values(new Random(5), Vocabulary * 64), Vocabulary, 64));
        editor.SetInitializer("w", Tensor.Of(Values(new Random(6), 64 * 40), 64, 40));
        editor.SetInitializer("last", Tensor.Of([-1L], 1));
        editor.SetInitializer("tokens", Tensor.Of([1L], 1));
        editor.Nodes.Add(new Node("Gather", "look up", ["table", "ids"], ["e"]));
        editor.Nodes.Add(new Node("Cast", "open", ["mask"], ["m"], [NodeAttribute.Int("to", (long)ElementType.Float)]));
        editor.Nodes.Add(new Node("Unsqueeze", "wide", ["m", "last"], ["m1"]));
        editor.Nodes.Add(new Node("Mul", "masked", ["e", "m1"], ["h"]));
        editor.Nodes.Add(new Node("ReduceSum", "sum", ["h", "tokens"], ["s"], [NodeAttribute.Int("keepdims", 0)]));
        editor.Nodes.Add(new Node("MatMul", "product", ["s", "w"], ["y"]));
        return editor.ToModel();
    }

    /// <summary>A model in which there is nothing to compress.</summary>
    public static Model WithoutLayers()
    {
        var editor = Model.Create("none", [new ValueInfo("x", ElementType.Float, [null, 4])], [new ValueInfo("y", ElementType.Float, [null, 4])], 17).Edit();
        editor.Nodes.Add(new Node("Relu", "relu", ["x"], ["y"]));
        return editor.ToModel();
    }

    /// <summary>The bytes of a model whose weight is said to be in the file <c>weights.bin</c> beside it.</summary>
    public static byte[] WithExternalWeight()
    {
        var editor = Model.Create("external", [new ValueInfo("x", ElementType.Float, [null, 64])], [new ValueInfo("y", ElementType.Float, [null, 32])], 17).Edit();
        editor.Nodes.Add(new Node("MatMul", "product", ["x", "w"], ["y"]));

        // ModelProto.graph (7) . initializer (5): dims (1), data_type (2), name (8), external_data (13), data_location (14).
        byte[] location = [.. Field(1, [.. "location"u8]), .. Field(2, [.. "weights.bin"u8])];
        byte[] tensor = [0x08, 64, 0x08, 32, 0x10, 1, .. Field(8, [(byte)'w']), .. Field(13, location), 0x70, 1];
        return [.. OnnxWriter.ToBytes(editor.ToModel()), .. Field(7, Field(5, tensor))];
    }

    private static byte[] Field(int number, byte[] content) => [(byte)((number << 3) | 2), checked((byte)content.Length), .. content];

    private static float[] Values(Random random, int count) => [.. Enumerable.Range(0, count).Select(_ => (float)(random.NextDouble() - 0.5))];
}
