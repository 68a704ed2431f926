namespace Mlorq.Activations;

/// <summary>What a quantized tensor is to those who read it.</summary>
public enum ActivationRole
{
    /// <summary>The input of linear layers.</summary>
    LinearInput,

    /// <summary>The input of convolutions.</summary>
    ConvolutionInput,

    /// <summary>An operand of a product of two computed values: queries, keys, values of an attention.</summary>
    ProductOperand,

    /// <summary>An operand of such a product that comes from Softmax.</summary>
    Probabilities,

    /// <summary>What a convolution puts out as bytes.</summary>
    ConvolutionOutput,
}

/// <summary>A tensor that is quantized where linear operators read it.</summary>
/// <param name="Tensor">The tensor: a graph input or an inner value.</param>
/// <param name="Role">What it is to them.</param>
/// <param name="FloatReaders">First outputs of the nodes that go on reading it as it is, such as the addition of a residual connection. All others read it quantized.</param>
public sealed record ActivationPoint(string Tensor, ActivationRole Role, IReadOnlyList<string> FloatReaders);

/// <summary>A tensor and the levels it is rounded to.</summary>
/// <param name="Point">The tensor.</param>
/// <param name="Grid">The levels.</param>
public sealed record QuantizedActivation(ActivationPoint Point, ActivationGrid Grid)
{
    /// <summary>How many values it has for all calibration inputs, by which its bits count in an average; 0 where that is not known.</summary>
    public long Elements { get; init; }
}
