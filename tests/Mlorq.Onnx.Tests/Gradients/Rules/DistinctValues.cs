using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Tests.Gradients.Rules;

/// <summary>Operands without near ties, for operators whose gradient jumps at a tie.</summary>
internal static class DistinctValues
{
    /// <summary>All multiples of 0.1 from 0, shuffled: no two are as close as the step of the finite differences.</summary>
    public static Tensor Of(ElementType type, params long[] shape)
    {
        var values = Enumerable.Range(0, (int)Tensor.CountElements(shape)).Select(i => i * 0.1).ToArray();
        new Random(5).Shuffle(values);
        return GradientCheck.Values(type, [.. values.Select(v => v - (values.Length * 0.05))], shape);
    }
}
