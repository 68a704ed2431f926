using Mlorq.Onnx.Execution;
using Mlorq.Onnx.Graphs;

namespace Mlorq.Tuning;

/// <summary>Calibration inputs with what the original model makes of them.</summary>
/// <param name="original">The original model, with the targets as outputs.</param>
/// <param name="targets">The values that are compared.</param>
/// <param name="inputs">The inputs.</param>
/// <param name="variation">Another input like a given one; null where there is no such thing.</param>
internal sealed class ModelSamples(
    ModelRunner original,
    IReadOnlyList<string> targets,
    IReadOnlyList<IReadOnlyDictionary<string, Tensor>> inputs,
    Func<IReadOnlyDictionary<string, Tensor>, ulong, IReadOnlyDictionary<string, Tensor>>? variation) : ITrainingSamples
{
    // What is asked for again and again.
    private readonly IReadOnlyDictionary<string, Tensor>?[] _wanted = new IReadOnlyDictionary<string, Tensor>?[inputs.Count];

    public int Count => inputs.Count;

    public (IReadOnlyDictionary<string, Tensor> Inputs, IReadOnlyDictionary<string, Tensor> Wanted) Get(int index, ulong? seed)
    {
        if (seed is not { } number || variation is null) return (inputs[index], _wanted[index] ??= Wanted(inputs[index]));
        var varied = variation(inputs[index], number);
        return (varied, Wanted(varied));
    }

    private Dictionary<string, Tensor> Wanted(IReadOnlyDictionary<string, Tensor> batch) =>
        targets.Zip(original.Run(batch, targets)).ToDictionary(pair => pair.First, pair => pair.Second);
}
