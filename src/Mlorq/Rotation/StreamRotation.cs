using Mlorq.InterLayer;
using Mlorq.Numerics;
using Mlorq.Onnx.Gradients;
using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Passes;

namespace Mlorq.Rotation;

/// <summary>
/// Rotates the residual streams of a model, which costs no bytes and leaves its outputs as they are. What writes into a stream gets W Q, what reads it through a
/// LayerNormalization Qᵀ diag(γ) W, with the normalisation's bias β in the reader's, b + β W. Rotated weights have no outliers, and inputs no channels that matter far more than
/// others, so that a row with one scale loses less at few bits (incoherence: Chee et al., "QuIP", 2023; Ashkboos et al., "QuaRot", 2024, who need RMSNorm; a rotation that
/// keeps means commutes with LayerNorm as it is).
/// </summary>
internal static class StreamRotation
{
    // A rotated model differs from the original by what single precision rounds, about 120 dB.
    private const double LeastDecibels = 80;

    // Dividing by less would only enlarge rounding errors.
    private const float LeastRelativeWeight = 1e-3f;

    /// <summary>The model with its streams rotated; the model itself where there is nothing to rotate.</summary>
    /// <param name="model">A model in canonical form.</param>
    /// <param name="calibration">Sample inputs: the first says which shapes values have.</param>
    /// <param name="seed">Where random numbers start.</param>
    /// <param name="run">Threads and cancellation.</param>
    public static Model Apply(Model model, CalibrationSet calibration, ulong seed, RunSettings run)
    {
        if (!model.Graph.Nodes.Any(n => n.Is("LayerNormalization"))) return model;
        var first = calibration with { Batches = [calibration.Batches[0]] };
        // One sample, as all values are held until their shapes are read.
        var streams = StreamSearch.Find(model.Graph, TracedValues.Of(model, first.Singles(model).Batches[0], StreamSearch.Values(model.Graph)).Shapes);
        var rotated = Of(model, [.. streams.Where(s => CanFold(model.Graph, s))], seed);
        if (ReferenceEquals(rotated, model)) return model;
        // The search decides by what nodes say that they do; what they do decides.
        var change = OutputComparison.Between(model, rotated, first, run);
        return change.SignalToNoiseInDecibels >= LeastDecibels ? rotated : model;
    }

    /// <summary>The model with some streams rotated.</summary>
    internal static Model Of(Model model, IReadOnlyList<ResidualStream> streams, ulong seed)
    {
        // One after the other: a layer may read one stream and write into the next.
        foreach (var stream in streams)
        {
            var (graph, editor, names, rotation) = (model.Graph, model.Edit(), new UniqueNames(model), MeanKeepingRotation.Of(stream.Width, seed));
            var written = stream.Rows.ToDictionary(name => name, name => Rows(graph.Initializer(name)!, rotation));
            foreach (var (name, value) in written) editor.SetInitializer(name, value);
            // It may even write into the stream that it reads.
            foreach (var normalization in stream.Normalizations) Fold(graph, editor, names, normalization, rotation, name => written.GetValueOrDefault(name) ?? graph.Initializer(name)!);
            model = DropUnused.Apply(editor.ToModel());
        }

        return model;
    }

    // A bias that no reader can take stays with the normalisation, divided by its weights.
    private static bool CanFold(Graph graph, ResidualStream stream) => stream.Normalizations.All(n => HasBiases(n) || !Bias(graph, n.Node).Any(b => b != 0) || IsEven(graph.Initializer(n.Node.Input(1))!.Floats));

    private static bool IsEven(ReadOnlySpan<float> weights)
    {
        var (least, most) = (float.MaxValue, 0f);
        foreach (var weight in weights) (least, most) = (Math.Min(least, Math.Abs(weight)), Math.Max(most, Math.Abs(weight)));
        return least >= LeastRelativeWeight * most;
    }

    private static bool HasBiases(StreamNormalization normalization) => normalization.Readers.All(r => r.Bias is not null);

    private static float[] Bias(Graph graph, Node normalization) =>
        normalization.Input(2).Length > 0 ? graph.Initializer(normalization.Input(2))!.Floats.ToArray() : new float[graph.InitializerSpec(normalization.Input(1)).Shape[0]];

    private static void Fold(Graph graph, ModelEditor editor, UniqueNames names, StreamNormalization normalization, Matrix<double> rotation, Func<string, Tensor> constant)
    {
        var (node, weight, bias) = (normalization.Node, graph.Initializer(normalization.Node.Input(1))!.Floats.ToArray(), Bias(graph, normalization.Node));
        var moves = HasBiases(normalization);
        foreach (var reader in normalization.Readers)
        {
            var old = constant(reader.Weight);
            editor.SetInitializer(reader.Weight, Tensor.Of(Columns(old, weight, rotation), [.. old.Shape]));
            if (moves) editor.SetInitializer(reader.Bias!, Row(Sum(constant(reader.Bias!).Floats, bias, old)));
        }

        var ones = new float[weight.Length];
        Array.Fill(ones, 1);
        // A bias that has moved is gone: a vector of zeros would take its bytes all the same.
        string[] left = moves || node.Input(2).Length == 0 ? [] : [Set(2, "bias", Rows(Row([.. bias.Select((b, i) => b == 0 ? 0 : b / weight[i])]), rotation).Floats.ToArray())];
        editor.Replace(node, node.With(inputs: [node.Input(0), Set(1, "weight", ones), .. left]));

        // Under a new name where other normalisations have an equal constant.
        string Set(int input, string what, float[] values)
        {
            var name = graph.Readers(node.Input(input)).Count == 1 ? node.Input(input) : names.Fresh($"{node.Outputs[0]}/rotated_{what}");
            editor.SetInitializer(name, Row(values));
            return name;
        }
    }

    // Rows of k sets of channels times Q each.
    private static Tensor Rows(Tensor tensor, Matrix<double> rotation)
    {
        var rows = new Matrix<double>((int)(tensor.Count / rotation.Rows), rotation.Rows, Array.ConvertAll(tensor.Floats.ToArray(), v => (double)v));
        return Tensor.Of(Floats(MatrixProduct.Multiply(rows, rotation)), [.. tensor.Shape]);
    }

    // Qᵀ diag(γ) W, for each of k sets of channels.
    private static float[] Columns(Tensor weight, float[] scale, Matrix<double> rotation)
    {
        var (width, columns) = (rotation.Rows, (int)weight.Shape[1]);
        var values = weight.Floats;
        var result = new float[values.Length];
        for (var start = 0; start < scale.Length; start += width)
        {
            var part = new Matrix<double>(width, columns);
            for (var i = 0; i < part.Values.Length; i++) part.Values[i] = (double)scale[start + (i / columns)] * values[(start * columns) + i];
            Floats(MatrixProduct.TransposedMultiply(rotation, part)).CopyTo(result, start * columns);
        }

        return result;
    }

    // b + β W.
    private static float[] Sum(ReadOnlySpan<float> bias, float[] shift, Tensor weight)
    {
        var sums = new double[bias.Length];
        for (var o = 0; o < sums.Length; o++) sums[o] = bias[o];
        var values = weight.Floats;
        for (var i = 0; i < shift.Length; i++)
        {
            for (var o = 0; o < sums.Length; o++) sums[o] += (double)shift[i] * values[(i * sums.Length) + o];
        }

        return Array.ConvertAll(sums, s => (float)s);
    }

    private static float[] Floats(Matrix<double> matrix) => Array.ConvertAll(matrix.Values, v => (float)v);

    private static Tensor Row(float[] values) => Tensor.Of(values, values.Length);
}
