using Mlorq.Activations;
using Mlorq.IntraLayer;
using Mlorq.Layers;
using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Passes;
using Mlorq.Rounding;

namespace Mlorq.Rewriting;

/// <summary>
/// Step 8: puts layers in their chosen form into the graph. The size of a model is known before its values are:
/// the same assembly with tensors of zeros is what the planner counts with.
/// </summary>
public static class ModelRewriter
{
    /// <summary>The model with every layer in its final form.</summary>
    /// <param name="model">The canonical model.</param>
    /// <param name="layers">Every layer that was found in it.</param>
    /// <param name="metadata">Entries for the file.</param>
    /// <param name="runtime">What ONNX Runtime shall make of the layers.</param>
    /// <param name="activations">Tensors of the canonical model that are rounded in the file; null for none.</param>
    public static Model Replace(
        Model model,
        IReadOnlyList<RoundedLayer> layers,
        IReadOnlyDictionary<string, string> metadata,
        RuntimeProfile runtime = RuntimeProfile.Memory,
        IReadOnlyList<QuantizedActivation>? activations = null)
    {
        var choices = layers.Select(l => (l.Layer, (Candidate?)l.Candidate)).ToList();
        var values = layers.SelectMany(l => Values(model, l)).ToDictionary(v => v.Name, v => v.Value);
        return WithActivations(model, Assemble(model, choices, metadata, runtime, spec => values[spec.Name]), choices.FirstOrDefault().Layer, activations ?? [], runtime);
    }

    /// <summary>The model with every layer in some form and any values in its tensors.</summary>
    internal static Model Filled(Model model, IReadOnlyList<(Layer Layer, Candidate Candidate)> choices, RuntimeProfile runtime, Func<TensorSpec, Tensor> fill) =>
        Fused(model, Assemble(model, [.. choices.Select(c => (c.Layer, (Candidate?)c.Candidate))], new Dictionary<string, string>(), runtime, fill), choices is [var (one, _), ..] ? one : null, runtime);

    /// <summary>The size of the file that <see cref="Replace"/> will make.</summary>
    public static long SizeInBytes(
        Model model,
        IReadOnlyList<(Layer Layer, Candidate Candidate)> choices,
        IReadOnlyDictionary<string, string> metadata,
        RuntimeProfile runtime = RuntimeProfile.Memory,
        IReadOnlyList<QuantizedActivation>? activations = null)
    {
        List<(Layer Layer, Candidate?)> some = [.. choices.Select(c => (c.Layer, (Candidate?)c.Candidate))];
        return WithActivations(model, Assemble(model, some, metadata, runtime, Zeros), some.FirstOrDefault().Layer, activations ?? [], runtime).SizeInBytes;
    }

    /// <summary>What rounded activations add to a file at most, whatever its layers are.</summary>
    internal static long SizeInBytes(Model model, IReadOnlyList<Layer> layers, IReadOnlyList<QuantizedActivation> activations)
    {
        if (activations.Count == 0) return 0;
        var names = layers[0].Names;
        var editor = model.Edit();
        List<Node> nodes = [.. editor.Nodes.Select(names.Apply)];
        editor.Nodes.Clear();
        editor.Nodes.AddRange(nodes);
        var renamed = editor.ToModel();
        var renamedActivations = Renamed(activations, names);
        var rounded = layers[0].Integers is { } integers
            ? IntegerActivations.Insert(renamed, renamedActivations, Convolutions(model, activations, renamed, names), integers)
            : StaticActivations.Insert(renamed, renamedActivations);
        return rounded.SizeInBytes - renamed.SizeInBytes;
    }

    /// <summary>
    /// The size of everything but the layers: nodes, the graph's frame, metadata, what cannot be compressed, and the functions that are called.
    /// </summary>
    public static long FixedSizeInBytes(
        Model model,
        IReadOnlyList<Layer> layers,
        IReadOnlyDictionary<string, string> metadata,
        IEnumerable<string> functions,
        RuntimeProfile runtime = RuntimeProfile.Memory,
        bool hasActivations = false)
    {
        var frame = Assemble(model, [.. layers.Select(l => (l, (Candidate?)null))], metadata, runtime, Zeros);
        if (!hasActivations) frame = Fused(model, frame, layers is [var one, ..] ? one : null, runtime);
        return frame.SizeInBytes + SizeInBytes(functions, runtime) + MaxLengthGrowth;
    }

    // With static scales attention's products are looked at one by one.
    private static Model Fused(Model canonical, Model model, Layer? one, RuntimeProfile runtime) =>
        runtime == RuntimeProfile.Speed && one is { Integers: null } ? FusedAttention.Apply(canonical, model, one.Names) : model;

    /// <summary>Bytes of model-local functions.</summary>
    internal static long SizeInBytes(IEnumerable<string> functions, RuntimeProfile runtime) =>
        LinearFunctions.WithCalled(functions, runtime).Sum(name => LinearFunctions.For(name, runtime).SizeInBytes);

    /// <summary>Bytes that a candidate adds to the file, its functions apart: those are paid once, whoever calls them. The same for every runtime profile.</summary>
    public static long SizeInBytes(Layer layer, Candidate candidate) => Emit(layer, candidate, RuntimeProfile.Memory).With(layer.Names).SizeInBytes;

    /// <summary>The model-local functions that a candidate calls.</summary>
    public static IEnumerable<string> FunctionsOf(Layer layer, Candidate candidate, RuntimeProfile runtime = RuntimeProfile.Memory) => Emit(layer, candidate, runtime).Functions;

    // The length prefix of the graph grows with it.
    private const int MaxLengthGrowth = 8;

    /// <summary>What a candidate puts into the graph, with the names of the canonical model.</summary>
    internal static Fragment Emit(Layer layer, Candidate candidate, RuntimeProfile runtime) => (layer, candidate) switch
    {
        (LinearLayer linear, Candidate.Dense dense) => LinearFragment.Dense(linear, dense.Format, runtime),
        (KernelLayer kernel, Candidate.Dense dense) => KernelFragment.Dense(kernel, dense.Format),
        (LinearLayer linear, Candidate.MixedRows mixed) => MixedRowsFragment.Of(linear, mixed),
        (LinearLayer linear, Candidate.LowRank pair) => LinearFragment.LowRank(linear, pair, runtime),
        _ => ConstantFragment.Of(layer, candidate),
    };

    private static IEnumerable<(string Name, Tensor Value)> Values(Model model, RoundedLayer rounded) => rounded switch
    {
        RoundedLayer.Dense dense => LinearFragment.Values(dense),
        RoundedLayer.MixedRows mixed => MixedRowsFragment.Values(mixed),
        RoundedLayer.LowRank pair => LinearFragment.Values(pair),
        RoundedLayer.Kernel kernel => KernelFragment.Values(kernel),
        _ => ConstantFragment.Values(rounded.Layer, rounded.Candidate, SimulatedWeights.Unconverted(model, rounded)),
    };

    private static Tensor Zeros(TensorSpec spec) => new(spec.Type, spec.Shape, new byte[spec.DataSizeInBytes]);

    // A layer without a candidate is taken out and nothing put in its place: the frame alone.
    private static Model Assemble(
        Model model,
        IReadOnlyList<(Layer Layer, Candidate? Candidate)> choices,
        IReadOnlyDictionary<string, string> metadata,
        RuntimeProfile runtime,
        Func<TensorSpec, Tensor> fill)
    {
        var editor = model.Edit();
        var replaced = new HashSet<string>();
        var nodesByOutput = new Dictionary<string, List<Node>>();
        var first = new List<Node>();
        var functions = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var (layer, candidate) in choices)
        {
            TakeOut(editor, layer, replaced);
            if (candidate is null) continue;
            var fragment = Emit(layer, candidate, runtime);
            foreach (var spec in fragment.Tensors) editor.SetInitializer(spec.Name, fill(spec));
            functions.UnionWith(fragment.Functions);
            Place(layer, fragment, nodesByOutput, first);
        }

        PutNodes(editor, replaced, nodesByOutput, first, NamesOf(choices));
        // The frame has room for all of them; a file has those that its layers read, as ONNX Runtime warns of others.
        var isFrame = choices.Any(c => c.Candidate is null);
        var read = editor.Nodes.SelectMany(n => n.Inputs).ToHashSet();
        foreach (var (name, tensor) in LinearFunctions.SharedTensors.Where(t => isFrame || read.Contains(t.Name))) editor.SetInitializer(name, tensor);
        foreach (var name in LinearFunctions.WithCalled(functions, runtime)) editor.AddFunction(LinearFunctions.For(name, runtime));
        editor.ImportOpset(LinearFunctions.Domain, 1);
        editor.ImportOpset("com.microsoft", 1);
        // Model-local functions came with IR version 8.
        editor.RequireIrVersion(8);
        foreach (var (key, value) in metadata) editor.SetMetadata(key, value);
        return editor.ToModel();
    }

    private static ShortNames NamesOf(IReadOnlyList<(Layer Layer, Candidate?)> choices) => choices is [var (layer, _), ..] ? layer.Names : ShortNames.None;

    // All layers know the same of names and integers.
    private static Model WithActivations(Model canonical, Model model, Layer? one, IReadOnlyList<QuantizedActivation> activations, RuntimeProfile runtime)
    {
        if (activations.Count == 0 && one is { Integers: null }) return Fused(canonical, model, one, runtime);
        var names = one?.Names ?? ShortNames.None;
        var renamed = Renamed(activations, names);
        if (one?.Integers is not { } integers) return StaticActivations.Insert(model, renamed);
        var convolutions = Convolutions(canonical, activations, model, names);
        return IntegerActivations.Insert(model, IntegerActivations.Read(model, renamed, convolutions, integers), convolutions, integers);
    }

    // What convolutions do is decided in the canonical graph; in a file readers of bytes are no readers of the tensor any more.
    private static IReadOnlyList<IntegerConvolution> Convolutions(Model canonical, IReadOnlyList<QuantizedActivation> activations, Model model, ShortNames names) =>
        [.. IntegerConvolutions.Of(canonical.Graph, activations).Select(c => c.In(model.Graph, names))];

    private static IReadOnlyList<QuantizedActivation> Renamed(IReadOnlyList<QuantizedActivation> activations, ShortNames names) =>
    [
        .. activations.Select(a => a with
        {
            Point = a.Point with { Tensor = names.Of(a.Point.Tensor), FloatReaders = [.. a.Point.FloatReaders.Select(names.Of)] },
        }),
    ];

    private static void TakeOut(ModelEditor editor, Layer layer, HashSet<string> replaced)
    {
        editor.RemoveInitializer(layer.TensorName);
        replaced.UnionWith(layer.OwnNodes.Select(n => n.Outputs[0]));
        if (layer is LinearLayer { Bias: { } bias }) editor.RemoveInitializer(bias.TensorName);
    }

    // Nodes without a computed input can stand first; the others stand where the layer's own first node stood, keyed by that node's output.
    private static void Place(Layer layer, Fragment fragment, Dictionary<string, List<Node>> nodesByOutput, List<Node> first)
    {
        IReadOnlyList<Node> uses = layer switch { LinearLayer linear => [.. linear.Uses, .. linear.Lookups.Select(l => l.Turn)], TableLayer table => table.Uses, _ => [] };
        var before = new List<Node>();
        foreach (var node in fragment.Nodes)
        {
            if (node.Is("Cast") || node.OpType == RowFunctions.Rows || layer is KernelLayer and not TableLayer)
            {
                first.Add(node);
                continue;
            }

            before.Add(node);
            if (Anchor(layer, uses, node) is not { } anchor) continue;
            if (!nodesByOutput.TryGetValue(anchor, out var list)) nodesByOutput.Add(anchor, list = []);
            list.AddRange(before);
            before.Clear();
        }
    }

    // Null for what comes between a use's input and its output.
    private static string? Anchor(Layer layer, IReadOnlyList<Node> uses, Node node) => layer is LinearLayer { Bias: { } bias } && node.Outputs[0] == bias.Addition.Outputs[0]
        ? uses[0].Outputs[0]
        : uses.FirstOrDefault(u => u.Outputs[0] == node.Outputs[0])?.Outputs[0];

    private static void PutNodes(ModelEditor editor, HashSet<string> replaced, Dictionary<string, List<Node>> nodesByOutput, List<Node> first, ShortNames names)
    {
        var nodes = new List<Node>(first);
        foreach (var node in editor.Nodes)
        {
            if (!replaced.Contains(node.Outputs[0]))
            {
                nodes.Add(node);
            }
            else if (nodesByOutput.TryGetValue(node.Outputs[0], out var list))
            {
                nodes.AddRange(list);
            }
        }

        editor.Nodes.Clear();
        editor.Nodes.AddRange(nodes.Select(names.Apply));
    }
}
