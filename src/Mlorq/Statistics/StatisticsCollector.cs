using System.Runtime.Intrinsics;
using Mlorq.Layers;
using Mlorq.Numerics;
using Mlorq.Onnx.Execution;
using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Passes;

namespace Mlorq.Statistics;

/// <summary>Two values of a graph whose rows are multiplied; one value twice for its own second moments.</summary>
/// <param name="Name">What their moments are called.</param>
/// <param name="X">x, […, width].</param>
/// <param name="Y">y, of the same shape.</param>
/// <param name="Width">Features of a row.</param>
internal sealed record MomentPair(string Name, string X, string Y, int Width);

/// <summary>
/// Step 3: the graph itself gets outputs xᵀx and Σx for the inputs of layers, ONNX Runtime computes them batch by batch, and the host adds
/// them up in double. No activation is kept, so memory does not grow with the number of samples.
/// </summary>
internal static class StatisticsCollector
{
    /// <summary>Runs all calibration inputs and sums over the inputs of layers.</summary>
    /// <param name="model">The model that is run: the one that the layers belong to, or the same with other values going into its layers, such as rounded ones.</param>
    /// <param name="layers">The layers.</param>
    /// <param name="calibration">The inputs.</param>
    /// <param name="run">Threads and cancellation.</param>
    /// <returns>Sums by the names that inputs have where the layers belong to.</returns>
    public static IReadOnlyDictionary<string, InputSums> Sum(Model model, IReadOnlyList<LinearLayer> layers, CalibrationSet calibration, RunSettings run)
    {
        var inputs = layers
            .SelectMany(l => l.Uses.Select(u => (Name: u.Input(0), Value: model.Graph.Producer(u.Outputs[0])!.Input(0), Width: l.InFeatures)))
            .DistinctBy(i => i.Name)
            .Select(i => new MomentPair(i.Name, i.Value, i.Value, i.Width))
            .ToList();
        var sums = inputs.Select(i => new InputSums(0, 0, new double[i.Width], HalvedSum.Zero(i.Width))).ToList();
        Run(model, inputs, calibration, run, (b, i, products) =>
        {
            var (sum, isEven) = (sums[i], HalvedSum.IsEven(b));
            sum.Second.Add(products.Second, isEven);
            Accumulate(sum.First, products.First);
            sums[i] = sum with { Count = sum.Count + products.Count, EvenCount = sum.EvenCount + (isEven ? products.Count : 0) };
        });
        for (var i = 0; i < sums.Count; i++)
        {
            EnsureFinite(inputs[i].Name, sums[i].Second.Even.Values);
            EnsureFinite(inputs[i].Name, sums[i].Second.Odd.Values);
        }

        return inputs.Zip(sums).ToDictionary(p => p.First.Name, p => p.Second);
    }

    /// <summary>Moments of pairs of values x and y by their names: E[x] and E[x yᵀ].</summary>
    public static IReadOnlyDictionary<string, InputMoments> Collect(Model model, IReadOnlyList<MomentPair> pairs, CalibrationSet calibration, RunSettings run)
    {
        var counts = new long[pairs.Count];
        var sums = pairs.Select(p => (First: new double[p.Width], Second: new Matrix<double>(p.Width, p.Width))).ToList();
        Run(model, pairs, calibration, run, (_, i, products) =>
        {
            counts[i] += products.Count;
            Accumulate(sums[i].First, products.First);
            Accumulate(sums[i].Second.Values, products.Second);
        });
        for (var i = 0; i < sums.Count; i++)
        {
            EnsureFinite(pairs[i].Name, sums[i].Second.Values);
            foreach (var values in (double[][])[sums[i].First, sums[i].Second.Values])
            {
                for (var k = 0; k < values.Length; k++) values[k] /= Math.Max(1, counts[i]);
            }
        }

        return Enumerable.Range(0, pairs.Count).ToDictionary(i => pairs[i].Name, i => new InputMoments(counts[i], sums[i].First, sums[i].Second));
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

    private static void Run(Model model, IReadOnlyList<MomentPair> pairs, CalibrationSet calibration, RunSettings run, Action<int, int, Products> add)
    {
        var outputs = pairs.SelectMany((_, i) => OutputNames(i)).ToList();
        using var runner = ModelRunner.Load(WithMomentOutputs(model, pairs), isPacked: false);
        OrderedWork.Run(
            calibration.Batches.Count,
            run,
            b => runner.Lend(calibration.Batches[b], outputs),
            (b, lent) =>
            {
                using (lent)
                {
                    for (var i = 0; i < pairs.Count; i++) add(b, i, new Products(lent.Tensors[(3 * i) + 2].Longs[0], lent.Tensors[(3 * i) + 1].Floats, lent.Tensors[3 * i].Floats));
                }

                run.Report(CompressionStep.Statistics, b + 1, calibration.Batches.Count);
            });
    }

    private static void EnsureFinite(string name, ReadOnlySpan<double> values)
    {
        foreach (var value in values)
        {
            if (!double.IsFinite(value)) throw CalibrationException.NotFinite(name);
        }
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

        // What is behind the last of them is not run.
        editor.KeepOutputs([.. pairs.SelectMany((_, i) => OutputNames(i))]);
        return DropUnused.Apply(editor.ToModel());
    }

    // Of a batch: rows, Σ x, Σ x yᵀ.
    private readonly ref struct Products(long count, ReadOnlySpan<float> first, ReadOnlySpan<float> second)
    {
        public long Count { get; } = count;

        public ReadOnlySpan<float> First { get; } = first;

        public ReadOnlySpan<float> Second { get; } = second;
    }
}
