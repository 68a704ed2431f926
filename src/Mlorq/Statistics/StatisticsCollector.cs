using System.Runtime.Intrinsics;
using Mlorq.Layers;
using Mlorq.Onnx.Execution;
using Mlorq.Onnx.Graphs;

namespace Mlorq.Statistics;

/// <summary>Moments of the inputs of all linear layers, by the name of the value that is the input.</summary>
/// <param name="ByInput">Moments for each value that some layer reads; layers that share an input share its moments.</param>
public sealed record InputStatistics(IReadOnlyDictionary<string, InputMoments> ByInput)
{
    /// <summary>The same without the moments of half of the batches, which serve one question and are as large as the others.</summary>
    internal InputStatistics WithoutHalves() => new(ByInput.ToDictionary(m => m.Key, m => m.Value with { Half = null }));

    /// <summary>The moments of a layer's inputs; those of all its uses together.</summary>
    public InputMoments Of(LinearLayer layer)
    {
        var parts = layer.Uses.Select(u => ByInput[u.Input(0)]).ToList();
        return parts.Count == 1 ? parts[0] : InputMoments.Merge(parts);
    }
}

/// <summary>Two values of a graph whose rows are multiplied; one value twice for its own second moments.</summary>
/// <param name="Name">What their moments are called.</param>
/// <param name="X">x, […, width].</param>
/// <param name="Y">y, of the same shape.</param>
/// <param name="Width">Features of a row.</param>
internal sealed record MomentPair(string Name, string X, string Y, int Width);

/// <summary>
/// Step 2: the graph itself gets outputs xᵀx and Σx for every layer input, ONNX Runtime computes them batch by batch, and the host adds
/// them up in double. No activation is kept, so memory does not grow with the number of samples.
/// </summary>
public static class StatisticsCollector
{
    /// <summary>Runs all calibration inputs and collects the moments.</summary>
    /// <param name="model">The model that is run: the one that the layers belong to, or the same with other values going into its layers, such as rounded ones.</param>
    /// <param name="layers">The layers.</param>
    /// <param name="calibration">The inputs.</param>
    /// <param name="run">Threads and cancellation.</param>
    /// <returns>Moments by the names that inputs have where the layers belong to.</returns>
    public static InputStatistics Collect(Model model, FoundLayers layers, CalibrationSet calibration, RunSettings run)
    {
        var inputs = layers.Linear
            .SelectMany(l => l.Uses.Select(u => (Name: u.Input(0), Value: model.Graph.Producer(u.Outputs[0])!.Input(0), Width: l.InFeatures)))
            .DistinctBy(i => i.Name)
            .Select(i => new MomentPair(i.Name, i.Value, i.Value, i.Width))
            .ToList();
        return new InputStatistics(Collect(model, inputs, calibration, run));
    }

    /// <summary>Moments of pairs of values x and y by their names: E[x] and E[x yᵀ].</summary>
    internal static IReadOnlyDictionary<string, InputMoments> Collect(Model model, IReadOnlyList<MomentPair> pairs, CalibrationSet calibration, RunSettings run)
    {
        var outputs = pairs.SelectMany((_, i) => OutputNames(i)).ToList();
        using var runner = ModelRunner.Load(WithMomentOutputs(model, pairs));
        var sums = pairs.Select(i => new Sum(i.Width)).ToList();
        OrderedWork.Run(
            calibration.Batches.Count,
            run,
            b => runner.Lend(calibration.Batches[b], outputs),
            (b, lent) =>
            {
                using (lent)
                {
                    for (var i = 0; i < sums.Count; i++) sums[i].Add(lent.Tensors[3 * i], lent.Tensors[(3 * i) + 1], lent.Tensors[(3 * i) + 2], InputMoments.IsOfHalf(b));
                }

                run.Report(CompressionStep.Statistics, b + 1, calibration.Batches.Count);
            });
        return pairs.Select((pair, i) => (pair.Name, Moments: sums[i].ToMoments(pair.Name))).ToDictionary(p => p.Name, p => p.Moments);
    }

    /// <summary>Adds single-precision values to a sum in double.</summary>
    internal static void Accumulate(Span<double> sum, ReadOnlySpan<float> values)
    {
        var i = 0;
        for (; i <= sum.Length - Vector512<float>.Count; i += Vector512<float>.Count)
        {
            var (lower, upper) = Vector512.Widen(Vector512.Create(values[i..]));
            var first = sum[i..];
            var second = sum[(i + Vector512<double>.Count)..];
            (Vector512.Create<double>(first) + lower).CopyTo(first);
            (Vector512.Create<double>(second) + upper).CopyTo(second);
        }

        for (; i < sum.Length; i++) sum[i] += values[i];
    }

    private static string[] OutputNames(int i) => [$"mlorq/moment/{i}", $"mlorq/sum/{i}", $"mlorq/shape/{i}"];

    private static Model WithMomentOutputs(Model model, IReadOnlyList<MomentPair> pairs)
    {
        var editor = model.Edit();
        editor.SetInitializer("mlorq/axis", Tensor.Of([0L], 1));
        for (var i = 0; i < pairs.Count; i++)
        {
            var names = OutputNames(i);
            var rows = MomentProduct.Add(editor, pairs[i].X, pairs[i].Y, pairs[i].Width, names[0]);
            editor.Nodes.Add(new Node("ReduceSum", "", [rows, "mlorq/axis"], [names[1]], [NodeAttribute.Int("keepdims", 0)]));
            editor.Nodes.Add(new Node("Shape", "", [rows], [names[2]]));
            editor.AddOutput(names[1], ElementType.Float);
            editor.AddOutput(names[2], ElementType.Int64);
        }

        return editor.ToModel();
    }

    private sealed class Sum(int width)
    {
        private readonly HalvedSum _second = HalvedSum.Zero(width);
        private readonly double[] _first = new double[width];
        private long _count;
        private long _halfCount;

        public void Add(Tensor second, Tensor first, Tensor shape, bool isOfHalf)
        {
            _count += shape.Longs[0];
            _second.Add(second.Floats, isOfHalf);
            if (isOfHalf) _halfCount += shape.Longs[0];
            Accumulate(_first, first.Floats);
        }

        public InputMoments ToMoments(string name)
        {
            var (second, half) = (_second.Whole, _second.Half);
            if (_count == 0) return new InputMoments(0, _first, second);
            for (var i = 0; i < second.Values.Length; i++)
            {
                if (!double.IsFinite(second.Values[i])) throw CalibrationException.NotFinite(name);
                second.Values[i] /= _count;
                half.Values[i] /= Math.Max(1, _halfCount);
            }

            for (var i = 0; i < width; i++) _first[i] /= _count;
            return new InputMoments(_count, _first, second) { Half = (_halfCount, half) };
        }
    }
}
