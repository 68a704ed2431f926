using Mlorq.Layers;
using Mlorq.Numerics;
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

/// <summary>
/// Step 2: the graph itself gets outputs xᵀx and Σx for every layer input, ONNX Runtime computes them batch by batch, and the host adds
/// them up in double. No activation is kept, so memory does not grow with the number of samples.
/// </summary>
public static class StatisticsCollector
{
    /// <summary>Runs all calibration inputs and collects the moments.</summary>
    public static InputStatistics Collect(Model model, FoundLayers layers, CalibrationSet calibration, RunSettings run)
    {
        var inputs = layers.Linear
            .SelectMany(l => l.Uses.Select(u => (Name: u.Input(0), Width: l.InFeatures)))
            .DistinctBy(i => i.Name)
            .ToList();
        var outputs = inputs.SelectMany((_, i) => OutputNames(i)).ToList();
        using var runner = ModelRunner.Load(WithMomentOutputs(model, inputs));
        var sums = inputs.ConvertAll(i => new Sum(i.Width));
        OrderedWork.Run(
            calibration.Batches.Count,
            run,
            b => runner.Run(calibration.Batches[b], outputs),
            (b, results) =>
            {
                for (var i = 0; i < sums.Count; i++) sums[i].Add(results[3 * i], results[(3 * i) + 1], results[(3 * i) + 2], isOfHalf: b % 2 == 0);
                run.Report(CompressionStep.Statistics, b + 1, calibration.Batches.Count);
            });
        return new InputStatistics(inputs.Select((input, i) => (input.Name, Moments: sums[i].ToMoments(input.Name))).ToDictionary(p => p.Name, p => p.Moments));
    }

    /// <summary>Adds single-precision values to a sum in double.</summary>
    internal static void Accumulate(double[] sum, ReadOnlySpan<float> values)
    {
        for (var i = 0; i < sum.Length; i++) sum[i] += values[i];
    }

    private static string[] OutputNames(int i) => [$"mlorq/moment/{i}", $"mlorq/sum/{i}", $"mlorq/shape/{i}"];

    private static Model WithMomentOutputs(Model model, IReadOnlyList<(string Name, int Width)> inputs)
    {
        var editor = model.Edit();
        for (var i = 0; i < inputs.Count; i++)
        {
            var (rows, shape) = ($"mlorq/rows/{i}", $"mlorq/rows_shape/{i}");
            var names = OutputNames(i);
            editor.SetInitializer(shape, Tensor.Of([-1L, inputs[i].Width], 2));
            editor.Nodes.Add(new Node("Reshape", "", [inputs[i].Name, shape], [rows]));
            editor.Nodes.Add(new Node("Transpose", "", [rows], [$"{rows}/t"], [NodeAttribute.Ints("perm", 1, 0)]));
            editor.Nodes.Add(new Node("MatMul", "", [$"{rows}/t", rows], [names[0]]));
            editor.SetInitializer("mlorq/axis", Tensor.Of([0L], 1));
            editor.Nodes.Add(new Node("ReduceSum", "", [rows, "mlorq/axis"], [names[1]], [NodeAttribute.Int("keepdims", 0)]));
            editor.Nodes.Add(new Node("Shape", "", [rows], [names[2]]));
            editor.AddOutput(names[0], ElementType.Float);
            editor.AddOutput(names[1], ElementType.Float);
            editor.AddOutput(names[2], ElementType.Int64);
        }

        return editor.ToModel();
    }

    private sealed class Sum(int width)
    {
        private readonly double[] _second = new double[width * width];
        private readonly double[] _first = new double[width];
        private readonly double[] _half = new double[width * width];
        private long _count;
        private long _halfCount;

        public void Add(Tensor second, Tensor first, Tensor shape, bool isOfHalf)
        {
            _count += shape.Longs[0];
            Accumulate(_second, second.Floats);
            if (isOfHalf) Accumulate(_half, second.Floats);
            if (isOfHalf) _halfCount += shape.Longs[0];
            Accumulate(_first, first.Floats);
        }

        public InputMoments ToMoments(string name)
        {
            if (_count == 0) return new InputMoments(0, _first, new Matrix<double>(width, width, _second));
            for (var i = 0; i < _second.Length; i++)
            {
                if (!double.IsFinite(_second[i])) throw new CalibrationException($"The calibration inputs make '{name}' NaN or infinite. Check the preprocessing (mean, std, pixel range).");
                _second[i] /= _count;
                _half[i] /= Math.Max(1, _halfCount);
            }

            for (var i = 0; i < width; i++) _first[i] /= _count;
            return new InputMoments(_count, _first, new Matrix<double>(width, width, _second)) { Half = (_halfCount, new Matrix<double>(width, width, _half)) };
        }
    }
}
