using Mlorq.Onnx.Graphs;

namespace Mlorq.Tuning;

/// <summary>Inputs to train with and what should come out.</summary>
internal interface ITrainingSamples
{
    /// <summary>How many there are.</summary>
    int Count { get; }

    /// <summary>One of them; several threads may ask at once.</summary>
    /// <param name="index">Which.</param>
    /// <param name="seed">Where samples are varied: which variation; null for the sample as it is.</param>
    (IReadOnlyDictionary<string, Tensor> Inputs, IReadOnlyDictionary<string, Tensor> Wanted) Get(int index, ulong? seed);
}
