using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Gradients.Rules;

/// <summary>What the rules of QuantizeLinear and DequantizeLinear ask of their scale.</summary>
internal static class Scales
{
    /// <exception cref="MissingGradientRuleException">Channels or blocks have scales of their own.</exception>
    public static void EnsureOneScale(this NodeGradient at)
    {
        if (Tensor.CountElements(at.Shape(at.Input(1))) != 1) throw new MissingGradientRuleException(at.Node);
    }
}
