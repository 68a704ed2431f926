using Mlorq.Onnx.Graphs;

namespace Mlorq.Tuning;

/// <summary>What goes into a block of the compressed model, and what comes out of the original's.</summary>
/// <param name="samples">Each sample.</param>
internal sealed class SegmentSamples(IReadOnlyList<(IReadOnlyDictionary<string, Tensor> Inputs, IReadOnlyDictionary<string, Tensor> Wanted)> samples) : ITrainingSamples
{
    public int Count => samples.Count;

    public (IReadOnlyDictionary<string, Tensor> Inputs, IReadOnlyDictionary<string, Tensor> Wanted) Get(int index, ulong? seed) => samples[index];
}
