using Mlorq.InterLayer;
using Mlorq.IntraLayer;
using Mlorq.Layers;
using Mlorq.Onnx.Execution;
using Mlorq.Onnx.Graphs;
using Mlorq.Rounding;

namespace Mlorq.Rewriting;

/// <summary>
/// What ONNX Runtime makes of the constants in a compressed file: kernels, tables, embeddings, whatever is in half precision. Unlike the outputs of a detector, they are there for any
/// input. Weights of products are never whole, so <see cref="ShadowProducts"/> looks at what is multiplied with them.
/// </summary>
internal static class StoredValues
{
    // Of values in single precision, 64 MB at once.
    private const long ParametersAtOnce = 16_000_000;

    /// <summary>The change from what each layer stands for to what is made of it, in the order of the layers.</summary>
    /// <param name="compressed">The model in the file.</param>
    /// <param name="canonical">The model that the layers were found in.</param>
    /// <param name="layers">Its layers.</param>
    /// <param name="inputs">Inputs of the model: a session wants them, whatever it computes.</param>
    public static IEnumerable<(string Layer, OutputChange Change)> Compare(Model compressed, Model canonical, IReadOnlyList<RoundedLayer> layers, IReadOnlyDictionary<string, Tensor> inputs)
    {
        foreach (var some in LayerGroups.Runs([.. layers.Where(l => IsTied(l) || l is RoundedLayer.Kernel or RoundedLayer.Converted)], l => l.Layer.Parameters, ParametersAtOnce))
        {
            var editor = compressed.Edit();
            editor.Nodes.Clear();
            editor.KeepOutputs([]);
            for (var i = 0; i < some.Count; i++) editor.Nodes.Add(Restoring(editor, some[i], NameOf(i)));
            editor.ExposeOutputs(some.Select((_, i) => NameOf(i)));
            using var runner = ModelRunner.Load(editor.ToModel());
            for (var i = 0; i < some.Count; i++) yield return (some[i].Layer.Name, OutputChange.Between([Expected(canonical, some[i])], runner.Run(inputs, [NameOf(i)])));
        }

        static string NameOf(int place) => $"mlorq/restored/{place}";
    }

    // The node that gives back all of a layer; of what is looked up, every row.
    private static Node Restoring(ModelEditor editor, RoundedLayer rounded, string output)
    {
        if (rounded.Candidate is Candidate.Single) return new Node("Identity", "", [rounded.Layer.TensorName], [output]);
        var nodes = ModelRewriter.Emit(rounded.Layer, rounded.Candidate, RuntimeProfile.Memory).Nodes;
        var node = IsTied(rounded) ? nodes.First(IsLookup) : nodes[0];
        if (!IsLookup(node)) return node.With(node.Inputs, [output]);
        var count = rounded.Layer is LinearLayer linear ? linear.OutFeatures : rounded.Layer.Shape[0];
        editor.SetInitializer($"{output}/rows", Tensor.Of([.. Enumerable.Range(0, (int)count).Select(i => (long)i)], count));
        return node.With([.. node.Inputs.SkipLast(1), $"{output}/rows"], [output]);
    }

    private static Tensor Expected(Model canonical, RoundedLayer rounded) => rounded is RoundedLayer.Dense { Weight: var weight, Linear: var linear }
        ? Tensor.Of(weight.Dequantize().Values.AsSpan(), linear.OutFeatures, linear.InFeatures)
        : SimulatedWeights.Values(canonical, rounded).First().Value;

    private static bool IsTied(RoundedLayer rounded) => rounded is RoundedLayer.Dense { Linear.IsTied: true };

    private static bool IsLookup(Node node) => node.OpType == RowFunctions.Lookup || KernelFunctions.Lookups.Contains(node.OpType);
}
