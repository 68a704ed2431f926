namespace Mlorq.Onnx.Gradients.Rules;

/// <summary>Tensors of zeros, as large as a value is at run time.</summary>
internal static class Zeros
{
    /// <summary>Zeros of the type and shape of a forward value.</summary>
    public static string Like(NodeGradient at, string value) => at.Op("Expand", at.Scalar(0, value), at.ShapeTensor(value));

    /// <summary>The gradient of an output; zeros where none reaches it.</summary>
    public static string OrGradient(NodeGradient at, int output) =>
        at.OutputGradients[output].Length > 0 ? at.OutputGradients[output] : Like(at, at.Node.Outputs[output]);
}
