using Mlorq.Activations;
using Mlorq.Onnx.Graphs;

namespace Mlorq.Rewriting;

/// <summary>
/// Puts bytes with static scales into a file: each tensor is quantized once, right where it is computed, for all calls of layers that read its bytes, and products of two
/// computed values become products of bytes: the left operand unsigned, the right one signed, as the kernels multiply fastest. Convolutions give the bytes of their outputs.
/// </summary>
internal static class IntegerActivations
{
    /// <summary>Those that some node reads as bytes, now or as an operand that <see cref="Insert"/> will change.</summary>
    /// <param name="model">A model with its layers rewritten, under the names of the file.</param>
    /// <param name="activations">Tensors and levels, under the same names.</param>
    /// <param name="convolutions">Convolutions of the model that multiply bytes.</param>
    /// <param name="integers">The names of bytes.</param>
    public static IReadOnlyList<QuantizedActivation> Read(
        Model model, IReadOnlyList<QuantizedActivation> activations, IReadOnlyList<IntegerConvolution> convolutions, IntegerInputs integers)
    {
        var read = model.Graph.Nodes.SelectMany(n => n.Inputs).ToHashSet();
        var operands = Products(model, activations).SelectMany(p => p.Inputs).Concat(convolutions.SelectMany(c => (string[])[c.Node.Input(0), c.Output])).ToHashSet();
        return [.. activations.Where(a => read.Contains(integers.Codes(a.Point.Tensor)) || operands.Contains(a.Point.Tensor))];
    }

    /// <summary>Puts them in.</summary>
    /// <inheritdoc cref="Read"/>
    public static Model Insert(Model model, IReadOnlyList<QuantizedActivation> activations, IReadOnlyList<IntegerConvolution> convolutions, IntegerInputs integers)
    {
        var byTensor = activations.ToDictionary(a => a.Point.Tensor, a => (ActivationGrid.Uniform)a.Grid);
        var products = Products(model, activations);
        var (left, right) = (products.Select(p => p.Input(0)).Concat(convolutions.Select(c => c.Node.Input(0))).ToHashSet(), products.Select(p => p.Input(1)).ToHashSet());
        var outputs = products.Select(p => p.Outputs[0]).ToHashSet();
        var byOutput = convolutions.ToDictionary(c => c.Node.Outputs[0]);
        var convolved = convolutions.Select(c => c.Output).ToHashSet();
        var read = model.Graph.Nodes.SelectMany(n => n.Inputs).ToHashSet();
        var editor = model.Edit();
        editor.Nodes.Clear();
        foreach (var input in model.Graph.Inputs) Quantize(input.Name);
        foreach (var node in model.Graph.Nodes)
        {
            if (byOutput.TryGetValue(node.Outputs[0], out var convolution)) Convolve(convolution);
            else if (!convolved.Contains(node.Outputs[0])) editor.Nodes.Add(outputs.Contains(node.Outputs[0]) ? Product(node, integers) : node);
            foreach (var output in node.Outputs) Quantize(output);
        }

        // What nobody reads but as bytes.
        var needed = editor.Nodes.SelectMany(n => n.Reads()).ToHashSet();
        editor.Nodes.RemoveAll(n => n.Outputs is [var value] && convolved.Contains(value) && !needed.Contains(value));
        editor.ImportOpset("com.microsoft", 1);
        if (convolutions.Count > 0)
        {
            editor.AddFunction(ConvolutionBytes.Function);
            editor.ImportOpset(LinearFunctions.Domain, 1);
            editor.RequireIrVersion(8);
        }

        editor.SetMetadata(StaticActivations.MetadataKey, $"int8-static: {activations.Count} tensors{integers.StayFloat}");
        return editor.ToModel();

        void Convolve(IntegerConvolution convolution) => AddConvolution(editor, convolution, byTensor[convolution.Output], integers);

        void Quantize(string tensor)
        {
            if (!byTensor.TryGetValue(tensor, out var grid)) return;
            var isRight = right.Contains(tensor);
            // Whether calls read the bytes is not known where there are no calls yet.
            var isLeft = !convolved.Contains(tensor) && (left.Contains(tensor) || !isRight || read.Contains(integers.Codes(tensor)));
            editor.SetInitializer(integers.Scale(tensor), Tensor.Of([grid.Scale]));
            if (isLeft) Add(integers.Codes(tensor), integers.ZeroPoint(tensor), Tensor.Of([(byte)grid.ZeroPoint]));
            if (isRight) Add(integers.SignedCodes(tensor), integers.SignedZeroPoint(tensor), new Tensor(ElementType.Int8, [], new[] { (byte)(grid.ZeroPoint ^ 128) }));

            void Add(string codes, string zeroPoint, Tensor zero)
            {
                editor.SetInitializer(zeroPoint, zero);
                editor.Nodes.Add(new Node("QuantizeLinear", "", [tensor, integers.Scale(tensor), zeroPoint], [codes]));
            }
        }
    }

    private static void AddConvolution(ModelEditor editor, IntegerConvolution convolution, ActivationGrid.Uniform grid, IntegerInputs integers)
    {
        var (node, x, y) = (convolution.Node, convolution.Node.Input(0), convolution.Output);
        var made = integers.Kernel(y);
        if (node.Input(2).Length == 0) editor.SetInitializer(LinearFunctions.NoBias, LinearFunctions.SharedTensors.First(t => t.Name == LinearFunctions.NoBias).Value);
        editor.Nodes.Add(new Node(
            ConvolutionBytes.Name, "", [node.Input(1), node.Input(2).Length > 0 ? node.Input(2) : LinearFunctions.NoBias, integers.Scale(x)], made, domain: LinearFunctions.Domain));
        editor.SetInitializer(integers.Scale(y), Tensor.Of([grid.Scale]));
        editor.SetInitializer(integers.ZeroPoint(y), Tensor.Of([(byte)grid.ZeroPoint]));
        string[] inputs = [integers.Codes(x), integers.Scale(x), integers.ZeroPoint(x), made[0], made[1], made[2], integers.Scale(y), integers.ZeroPoint(y), made[3]];
        editor.Nodes.Add(new Node("QLinearConv", node.Name, inputs, [integers.Codes(y)], ConvolutionBytes.AttributesOf(node)));
        editor.Nodes.Add(new Node("DequantizeLinear", "", [integers.Codes(y), integers.Scale(y), integers.ZeroPoint(y)], [y]));
    }

    private static List<Node> Products(Model model, IReadOnlyList<QuantizedActivation> activations)
    {
        var byTensor = activations.ToDictionary(a => a.Point.Tensor, a => a.Point.FloatReaders);
        return [.. model.Graph.Nodes.Where(n => n.Is("MatMul") && n.Inputs.All(i => byTensor.TryGetValue(i, out var floats) && !floats.Contains(n.Outputs[0])))];
    }

    private static Node Product(Node node, IntegerInputs integers)
    {
        var (x, y) = (node.Input(0), node.Input(1));
        string[] inputs = [integers.Codes(x), integers.SignedCodes(y), integers.Scale(x), integers.Scale(y), integers.ZeroPoint(x), integers.SignedZeroPoint(y)];
        return new Node(SpeedFunctions.IntegerProduct, node.Name, inputs, node.Outputs, domain: "com.microsoft");
    }
}
