using Mlorq.IntraLayer;
using Mlorq.Layers;
using Mlorq.Numerics;
using Mlorq.Onnx.Graphs;
using Mlorq.Rounding;

namespace Mlorq.Rewriting;

/// <summary>
/// The original graph with the values that compressed layers stand for, in single precision: what the compressed file must compute,
/// by arithmetic that shares nothing with its packed codes.
/// </summary>
internal static class SimulatedWeights
{
    /// <summary>What a file for a runtime profile must compute.</summary>
    public static Model Of(Model model, IReadOnlyList<RoundedLayer> layers, RuntimeProfile runtime) =>
        runtime == RuntimeProfile.Speed ? SimulatedBytes.Of(model, layers) : Of(model, layers);

    public static Model Of(Model model, IReadOnlyList<RoundedLayer> layers)
    {
        var editor = model.Edit();
        foreach (var (name, value) in layers.SelectMany(l => Values(model, l))) editor.SetInitializer(name, value);
        return editor.ToModel();
    }

    /// <summary>The initializers of the original graph that a layer's values stand in.</summary>
    public static IEnumerable<string> NamesOf(Layer layer) => layer is LinearLayer { Bias: { } bias } ? [layer.TensorName, bias.TensorName] : [layer.TensorName];

    /// <summary>The values that a compressed layer stands for, for the initializers of the original graph.</summary>
    public static IEnumerable<(string Name, Tensor Value)> Values(Model model, RoundedLayer rounded) => rounded switch
    {
        RoundedLayer.Dense dense => Linear(dense.Linear, dense.Weight.Dequantize(), BiasOf(dense)),
        RoundedLayer.MixedRows mixed => Linear(mixed.Linear, mixed.Dequantize(), BiasOf(mixed)),
        RoundedLayer.LowRank pair => Linear(pair.Linear, pair.Product(), BiasOf(pair)),
        RoundedLayer.Kernel kernel => [(kernel.Layer.TensorName, Tensor.Of(kernel.Weight.Dequantize().Values.AsSpan(), [.. kernel.Layer.Shape]))],
        _ => [(rounded.Layer.TensorName, Tensor.Of(Converted(rounded, Unconverted(model, rounded)), [.. rounded.Layer.Shape]))],
    };

    /// <summary>The values that a layer is converted from: its own, unless they were tuned.</summary>
    public static Tensor Unconverted(Model model, RoundedLayer rounded) =>
        (rounded as RoundedLayer.Converted)?.Values ?? model.Graph.Initializer(rounded.Layer.TensorName)!;

    /// <summary>The bias as it is stored, in half precision.</summary>
    public static float[] BiasOf(RoundedLayer rounded) => Array.ConvertAll(
        rounded switch { RoundedLayer.Dense dense => dense.Bias, RoundedLayer.MixedRows mixed => mixed.Bias, RoundedLayer.LowRank pair => pair.Bias, _ => [] },
        b => (float)(Half)b);

    internal static IEnumerable<(string Name, Tensor Value)> Linear(LinearLayer layer, Matrix<float> weight, float[] bias)
    {
        yield return (layer.TensorName, LinearLayer.Stored(weight));
        if (layer.Bias is not null) yield return (layer.Bias.TensorName, Tensor.Of(bias.AsSpan(), bias.Length));
    }

    private static float[] Converted(RoundedLayer rounded, Tensor original) => rounded.Candidate switch
    {
        Candidate.Half => Array.ConvertAll(original.Floats.ToArray(), v => (float)(Half)v),
        Candidate.Rows8 => RowBytes.Restored(original, ConstantFragment.ScaleShape(rounded.Layer)),
        _ => original.Floats.ToArray(),
    };
}
