using Mlorq.IntraLayer;
using Mlorq.Layers;
using Mlorq.Numerics;
using Mlorq.Onnx.Execution;
using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Passes;
using Mlorq.Quantization;
using Mlorq.Rewriting;
using Mlorq.Rounding;

namespace Mlorq.Timing;

/// <summary>What has to be timed for a <see cref="KernelTable"/>: the products of a model's linear layers in every form, and the model itself. Timing is left to the caller.</summary>
public static class KernelModels
{
    // Small products are timed several at once, so that the call around them counts less; a large one is alone, for the sake of memory.
    private const int MostCopies = 4;
    private const double OperationsAtOnce = 3e8;

    private const ulong Seed = 1;

    /// <summary>The linear layers of a model with the sizes of their products for given inputs.</summary>
    /// <param name="source">The model as it was read.</param>
    /// <param name="inputs">A tensor for each input.</param>
    /// <exception cref="NoLayersException">There is no linear layer.</exception>
    /// <exception cref="Onnx.ModelRunException">The model does not run with these inputs.</exception>
    public static IReadOnlyList<LayerProducts> LayersOf(Model source, IReadOnlyDictionary<string, Tensor> inputs)
    {
        var model = Canonicalize.Apply(source);
        var layers = LayerFinder.Find(model).Linear.ToList();
        var read = layers.SelectMany(l => l.Uses.Select(u => u.Input(0))).Distinct().ToList();
        var editor = model.Edit();
        editor.Nodes.AddRange(read.Select((name, i) => new Node("Shape", "", [name], [ShapeName(i)])));
        editor.ExposeOutputs(read.Select((_, i) => ShapeName(i)));
        using var runner = ModelRunner.Load(editor.ToModel());
        var shapes = runner.Run(inputs, [.. read.Select((_, i) => ShapeName(i))]).Select((t, i) => (read[i], t.Longs.ToArray())).ToDictionary();
        return [.. layers.Select(l => new LayerProducts(l.Name, [.. l.Uses.Select(u => ProductShape.Of(l, shapes[u.Input(0)]))]))];
    }

    /// <summary>The models for one product.</summary>
    /// <param name="shape">The product.</param>
    /// <param name="runtimes">The profiles whose forms are wanted.</param>
    /// <param name="options">The candidates whose forms are wanted. Of those of one form one is made.</param>
    public static TimedForms Of(ProductShape shape, IReadOnlyList<RuntimeProfile> runtimes, CandidateOptions options)
    {
        ArgumentNullException.ThrowIfNull(runtimes);
        ArgumentNullException.ThrowIfNull(options);
        var copies = (int)Math.Clamp(OperationsAtOnce / (2.0 * shape.Rows * shape.InFeatures * shape.OutFeatures), 1, MostCopies);
        var random = new UniformSequence(Seed);
        var products = Products(shape, copies, ref random);
        var layers = LayerFinder.Find(products);
        var forms = new Dictionary<KernelForm, (Candidate Candidate, RuntimeProfile Runtime)>();
        foreach (var runtime in runtimes)
        {
            foreach (var candidate in Candidates(layers.Linear.First(), options)) forms.TryAdd(KernelForm.Of(shape.InFeatures, candidate, runtime), (candidate, runtime));
        }

        var x = Tensor.Of(Values(ref random, shape.Rows * shape.InFeatures, 1), shape.InputShape);
        return new TimedForms(
            shape,
            new Dictionary<string, Tensor> { ["x"] = x },
            copies,
            Frame(shape, copies, _ => "x", shape.InFeatures).ToModel(),
            forms.Select(f => new TimedModel(f.Key, f.Value.Candidate is Candidate.Single ? products : Stored(products, layers, f.Value.Candidate, f.Value.Runtime))));
    }

    /// <summary>A model with all of its linear layers stored as <see cref="LayerTimes.Plain"/>, rounded to the nearest levels: what the rest of a compressed model takes is told by it.</summary>
    /// <exception cref="NoLayersException">There is no linear layer.</exception>
    public static Model Plain(Model source, RuntimeProfile runtime)
    {
        var model = Canonicalize.Apply(source);
        var rounding = new NearestRounding();
        var layers = LayerFinder.Find(model).Layers.Select(layer => layer is LinearLayer linear
            ? new RoundedLayer.Dense(
                linear, new Candidate.Dense(LayerTimes.Plain), rounding.Round(linear.ToMatrix(), ErrorMetric.Plain(linear.InFeatures), LayerTimes.Plain), linear.Bias?.Values ?? [])
            : (RoundedLayer)new RoundedLayer.Converted(layer, new Candidate.Single()));
        return ModelRewriter.Replace(model, [.. layers], new Dictionary<string, string>(), runtime);
    }

    // Ranks in steps of a half at most: between two of them times lie close to a line.
    internal static IEnumerable<int> Ranks(int largest, int step)
    {
        var last = largest / step * step;
        for (var rank = step; rank < last; rank = Math.Max(rank + step, rank * 3 / 2 / step * step)) yield return rank;
        if (last > 0) yield return last;
    }

    private static IEnumerable<Candidate> Candidates(LinearLayer layer, CandidateOptions options) =>
    [
        new Candidate.Single(),
        .. DenseCandidates.Offered(layer, options),
        new Candidate.Dense(LayerTimes.Plain),
        .. MixedRowsCandidates.Offered(layer, options),
        .. Ranks(Math.Min(layer.InFeatures, layer.OutFeatures), options.RankStep).SelectMany(rank => FactorPairs.Offered(layer, rank, options)),
    ];

    private static Model Products(ProductShape shape, int copies, ref UniformSequence random)
    {
        var editor = Frame(shape, copies, i => $"y{i}", shape.OutFeatures);
        var nodes = new List<Node>();
        for (var i = 0; i < copies; i++)
        {
            editor.SetInitializer($"w{i}", Tensor.Of(Values(ref random, (long)shape.InFeatures * shape.OutFeatures, 1 / Math.Sqrt(shape.InFeatures)), shape.InFeatures, shape.OutFeatures));
            nodes.Add(new Node("MatMul", $"layer{i}", ["x", $"w{i}"], [shape.HasBias ? $"p{i}" : $"y{i}"]));
            if (!shape.HasBias) continue;
            editor.SetInitializer($"b{i}", Tensor.Of(Values(ref random, shape.OutFeatures, 1), shape.OutFeatures));
            nodes.Add(new Node("Add", $"bias{i}", [$"p{i}", $"b{i}"], [$"y{i}"]));
        }

        editor.Nodes.InsertRange(0, nodes);
        return editor.ToModel();
    }

    // Each output is one column of a result, so that hardly anything is copied; another one for each, or equal nodes would be merged.
    private static ModelEditor Frame(ProductShape shape, int copies, Func<int, string> result, int columns)
    {
        long?[] rows = [null, .. shape.InputShape[1..^1]];
        var outputs = Enumerable.Range(0, copies).Select(i => new ValueInfo($"column{i}", ElementType.Float, [.. rows, 1])).ToList();
        var editor = Model.Create("products", [new ValueInfo("x", ElementType.Float, [.. rows, shape.InFeatures])], outputs, 18).Edit();
        editor.SetInitializer("last", Tensor.Of([-1L], 1));
        for (var i = 0; i < copies; i++)
        {
            var column = i % columns;
            editor.SetInitializer($"from{i}", Tensor.Of([(long)column], 1));
            editor.SetInitializer($"to{i}", Tensor.Of([(long)column + 1], 1));
            editor.Nodes.Add(new Node("Slice", $"column{i}", [result(i), $"from{i}", $"to{i}", "last"], [$"column{i}"]));
        }

        return editor;
    }

    // Times do not depend on values, as long as all of them are ordinary numbers; constants that are the same in all layers might be merged.
    private static Model Stored(Model products, FoundLayers layers, Candidate candidate, RuntimeProfile runtime)
    {
        var random = new UniformSequence(Seed);
        return ModelRewriter.Filled(products, [.. layers.Layers.Select(l => (l, l is LinearLayer ? candidate : new Candidate.Single()))], runtime, spec => Fill(spec, ref random));
    }

    private static Tensor Fill(TensorSpec spec, ref UniformSequence random)
    {
        var bytes = new byte[spec.DataSizeInBytes];
        if (spec.Type == ElementType.Float16)
        {
            for (var i = 0; i < bytes.Length; i += 2) BitConverter.TryWriteBytes(bytes.AsSpan(i), (Half)random.Next(0.01, 0.02));
        }
        else
        {
            // Factors of blocks are signed and positive.
            for (var i = 0; i < bytes.Length; i++) bytes[i] = (byte)(spec.Type == ElementType.Int8 ? random.Next(1, 128) : random.Next(256));
        }

        return new Tensor(spec.Type, spec.Shape, bytes);
    }

    private static float[] Values(ref UniformSequence random, long count, double size)
    {
        var result = new float[count];
        for (var i = 0; i < result.Length; i++) result[i] = (float)random.Next(-size, size);
        return result;
    }

    private static string ShapeName(int i) => $"mlorq/shape/{i}";
}
