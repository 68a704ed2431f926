using Mlorq.Activations;
using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Passes;

namespace Mlorq.Rewriting;

/// <summary>
/// Kernels as QLinearConv multiplies with them: signed bytes with a scale for each output channel, and a bias in whole numbers of input scale times kernel scale. The scale takes the
/// largest weight to 127; where the bias would not fit into 31 bits, as that of a channel without weights, it is larger. However a kernel is stored, this is made of it when the file is loaded.
/// </summary>
internal static class ConvolutionBytes
{
    /// <summary>The model-local function <c>kernel, scale, zero, bias = ConvBytes(kernel, bias, x_scale)</c>.</summary>
    public const string Name = "ConvBytes";

    private const float OfLargest = 1f / 127;
    private const float OfBias = 1f / (1 << 30);
    private const float Least = 1e-30f;

    /// <inheritdoc cref="Name"/>
    public static Function Function { get; } = new(
        LinearFunctions.Domain,
        Name,
        ["kernel", "bias", "x_scale"],
        ["bytes", "scale", "zero", "whole_bias"],
        [],
        [
            LinearFunctions.Constant("of_largest", Tensor.Of([OfLargest])),
            LinearFunctions.Constant("of_bias", Tensor.Of([OfBias])),
            LinearFunctions.Constant("least", Tensor.Of([Least])),
            LinearFunctions.Constant("columns", Tensor.Of([1L], 1)),
            new Node("Abs", "", ["kernel"], ["sizes"]),
            new Node("Flatten", "", ["sizes"], ["rows"], [NodeAttribute.Int("axis", 1)]),
            new Node("ReduceMax", "", ["rows", "columns"], ["largest"], [NodeAttribute.Int("keepdims", 0)]),
            new Node("Mul", "", ["largest", "of_largest"], ["of_weights"]),
            LinearFunctions.ToFloat("bias", "short_bias"),
            new Node("Sub", "", ["largest", "largest"], ["none"]),
            new Node("Add", "", ["none", "short_bias"], ["float_bias"]),
            new Node("Div", "", ["float_bias", "x_scale"], ["in_steps"]),
            new Node("Abs", "", ["in_steps"], ["bias_sizes"]),
            new Node("Mul", "", ["bias_sizes", "of_bias"], ["of_biases"]),
            new Node("Max", "", ["of_weights", "of_biases", "least"], ["scale"]),
            new Node("Cast", "", ["none"], ["zero"], [NodeAttribute.Int("to", (long)ElementType.Int8)]),
            new Node("QuantizeLinear", "", ["kernel", "scale", "zero"], ["bytes"], [NodeAttribute.Int("axis", 0)]),
            new Node("Div", "", ["in_steps", "scale"], ["quotient"]),
            new Node("Round", "", ["quotient"], ["rounded"]),
            new Node("Cast", "", ["rounded"], ["whole_bias"], [NodeAttribute.Int("to", (long)ElementType.Int32)]),
        ],
        [("", 18)]);

    /// <summary>What a Conv says of how it moves over its input, for the operator in its place.</summary>
    public static IEnumerable<NodeAttribute> AttributesOf(Node convolution)
    {
        if (convolution.Has("auto_pad")) yield return NodeAttribute.Text("auto_pad", convolution.Text("auto_pad", ""));
        if (convolution.Has("group")) yield return NodeAttribute.Int("group", convolution.Int("group", 1));
        foreach (var name in (string[])["dilations", "kernel_shape", "pads", "strides"])
        {
            if (convolution.Ints(name) is { } values) yield return NodeAttribute.Ints(name, [.. values]);
        }
    }

    /// <summary>The same in C#: what kernel and bias are worth then, in single precision.</summary>
    /// <param name="kernel">[out, in/groups, …].</param>
    /// <param name="bias">[out].</param>
    /// <param name="inputScale">The scale of the input's bytes.</param>
    public static (Tensor Kernel, float[] Bias) Dequantize(Tensor kernel, float[] bias, float inputScale)
    {
        var values = kernel.Floats.ToArray();
        var (columns, worth) = (values.Length / bias.Length, new float[bias.Length]);
        for (var o = 0; o < bias.Length; o++)
        {
            var row = values.AsSpan(o * columns, columns);
            var largest = 0f;
            foreach (var value in row) largest = Math.Max(largest, Math.Abs(value));
            var steps = bias[o] / inputScale;
            var scale = Math.Max(Math.Max(largest * OfLargest, Math.Abs(steps) * OfBias), Least);
            foreach (ref var value in row) value = Math.Clamp(MathF.Round(value / scale), sbyte.MinValue, sbyte.MaxValue) * scale;
            worth[o] = MathF.Round(steps / scale) * scale * inputScale;
        }

        return (Tensor.Of(values.AsSpan(), [.. kernel.Shape]), worth);
    }

    /// <summary>A float model whose convolutions have kernels and biases as their bytes are worth.</summary>
    /// <param name="model">The model, with constants as initializers.</param>
    /// <param name="activations">Tensors that are rounded with static scales.</param>
    public static Model Simulated(Model model, IReadOnlyList<QuantizedActivation> activations)
    {
        var convolutions = IntegerConvolutions.Of(model.Graph, activations);
        if (convolutions.Count == 0) return model;
        var scales = activations.ToDictionary(a => a.Point.Tensor, a => ((ActivationGrid.Uniform)a.Grid).Scale);
        var editor = model.Edit();
        var names = new UniqueNames(model);
        foreach (var node in convolutions.Select(c => c.Node))
        {
            var kernel = model.Graph.Initializer(node.Input(1))!;
            var bias = node.Input(2).Length > 0 ? model.Graph.Initializer(node.Input(2))!.Floats.ToArray() : new float[kernel.Shape[0]];
            var (worth, worthOfBias) = Dequantize(kernel, bias, scales[node.Input(0)]);
            var (kernelName, biasName) = (names.Fresh($"{node.Outputs[0]}/kernel"), names.Fresh($"{node.Outputs[0]}/bias"));
            editor.SetInitializer(kernelName, worth);
            editor.SetInitializer(biasName, Tensor.Of(worthOfBias.AsSpan(), worthOfBias.Length));
            editor.Replace(node, node.With(inputs: [node.Input(0), kernelName, biasName]));
        }

        return editor.ToModel();
    }
}
