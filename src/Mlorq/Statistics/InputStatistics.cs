using Mlorq.Layers;
using Mlorq.Onnx.Execution;

namespace Mlorq.Statistics;

/// <summary>What is kept of a layer's inputs x. Single precision is enough for sums of products that ONNX Runtime computes in it, and half as large.</summary>
/// <param name="Mean">E[x], [in].</param>
/// <param name="Second">C = E[x xᵀ], [in, in].</param>
internal sealed record KeptMoments(double[] Mean, KeptMatrix Second);

/// <summary>Moments of the inputs of linear layers.</summary>
/// <param name="ByInput">By <see cref="KeyOf"/>: layers that share an input share its moments.</param>
internal sealed record InputStatistics(IReadOnlyDictionary<string, KeptMoments> ByInput)
{
    /// <summary>The moments of a layer's inputs; those of all its uses together.</summary>
    public KeptMoments Of(LinearLayer layer) => ByInput[KeyOf(layer)];

    /// <summary>The same with their matrices in a file.</summary>
    public InputStatistics MovedTo(TemporaryFile file) => new(ByInput.ToDictionary(i => i.Key, i => i.Value with { Second = i.Value.Second.MovedTo(file) }));

    /// <summary>The names of a layer's inputs, as one.</summary>
    public static string KeyOf(LinearLayer layer) => string.Join(" + ", InputsOf(layer));

    /// <summary>The values that a layer reads.</summary>
    public static IEnumerable<string> InputsOf(LinearLayer layer) => layer.Uses.Select(u => u.Input(0));
}
