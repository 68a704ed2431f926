using Mlorq.Onnx;

namespace Mlorq.Layers;

/// <summary>The model has no linear layer with a constant weight.</summary>
public sealed class NoLayersException : MlorqException
{
    internal NoLayersException(int nodes)
        : base($"None of the {nodes} nodes of the model is a MatMul, Gemm or patch convolution with a constant float weight of 1,024 values or more, so there is nothing to compress. `mlorq inspect` shows what was found and why it was left alone.")
    {
    }
}

/// <summary>Most of a model's weights are quantized already, or quantized whenever it runs.</summary>
public sealed class QuantizedModelException : MlorqException
{
    internal QuantizedModelException(string message)
        : base(message)
    {
    }
}

/// <summary>A weight is NaN or infinite.</summary>
public sealed class WeightValueException : MlorqException
{
    internal WeightValueException(string tensor, string node, int index, float value)
        : base($"Weight '{tensor}' of node '{node}' holds {value} at element {index}. A model with such weights gives no usable outputs; export it again from a sound checkpoint.")
    {
    }
}
