namespace Mlorq;

/// <summary>What ONNX Runtime makes of the layers of a file when it loads it. The bytes on disk are the same but for the functions that unpack them.</summary>
public enum RuntimeProfile
{
    /// <summary>Weights stay packed at 2, 4 or 8 bits and are multiplied in single precision: the least memory, about the time of the original.</summary>
    Memory,

    /// <summary>Weights become signed bytes with a scale for each output channel, activations are rounded to bytes as they come: several times faster products, a byte in memory for each weight.</summary>
    Speed,
}
