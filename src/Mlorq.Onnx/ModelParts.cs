namespace Mlorq.Onnx;

/// <summary>A model of any size, in parts of less than 2 GB each.</summary>
/// <param name="Message">The bytes of an ONNX file; of a model of more than 64 MB without its weights, which it says are in a file <c>weights.bin</c> beside it.</param>
/// <param name="Weights">What that file consists of; empty for smaller models.</param>
public sealed record ModelParts(ReadOnlyMemory<byte> Message, IReadOnlyList<ReadOnlyMemory<byte>> Weights);
