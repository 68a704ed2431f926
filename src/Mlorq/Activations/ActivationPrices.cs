using Mlorq.InterLayer;
using Mlorq.Onnx.Gradients;
using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Passes;

namespace Mlorq.Activations;

/// <summary>A tensor and the levels it could have: of several numbers of bits, and several of one number where it is not known which are best.</summary>
/// <param name="Point">The tensor.</param>
/// <param name="Grids">The levels to choose from.</param>
public sealed record CandidateGrids(ActivationPoint Point, IReadOnlyList<ActivationGrid> Grids);

/// <summary>A tensor, the levels it could have, and what each would cost.</summary>
/// <param name="Point">The tensor.</param>
/// <param name="Elements">Its number of values for all calibration inputs, by which its bits count in an average.</param>
/// <param name="Grids">The levels to choose from.</param>
/// <param name="Prices">For each of them the noise-to-signal of the outputs that it is expected to make on its own.</param>
public sealed record PricedActivation(ActivationPoint Point, long Elements, IReadOnlyList<ActivationGrid> Grids, IReadOnlyList<Price> Prices);

/// <summary>
/// Prices levels of activations by sample gradients, as weights are priced: for an input s and a random projection v of the outputs y let D = ∂(vᵀy)/∂x, through those readers
/// only that read x quantized. Then to first order the noise-to-signal is the mean over s of ⟨x̂ − x, D⟩², v being scaled by the outputs' size.
/// </summary>
public static class ActivationPrices
{
    /// <summary>One pass forwards and backwards over the samples prices all levels of all tensors.</summary>
    /// <param name="model">A model in canonical form.</param>
    /// <param name="candidates">Tensors, each once, and the levels that each could have.</param>
    /// <param name="statistics">How many values each tensor has; tensors without are left out.</param>
    /// <param name="calibration">Sample inputs.</param>
    /// <param name="options">How many samples and projections, and the seed.</param>
    /// <param name="run">Threads and cancellation.</param>
    /// <exception cref="MissingGradientRuleException">An operator between the tensors and the outputs cannot be differentiated.</exception>
    public static IReadOnlyList<PricedActivation> Measure(
        Model model,
        IReadOnlyList<CandidateGrids> candidates,
        ActivationStatistics statistics,
        CalibrationSet calibration,
        GradientOptions options,
        RunSettings run)
    {
        var known = candidates.Where(c => statistics.Histograms.ContainsKey(c.Point.Tensor)).ToList();
        if (known.Count == 0) return [];
        var copies = new Dictionary<string, string>();
        var copied = ActivationRewrite.Apply(model, [.. known.Select(k => k.Point)], (editor, names, point) => copies[point.Tensor] = Copy(editor, names, point.Tensor)).ToModel();
        var errors = known.ConvertAll(k => new Errors(copies[k.Point.Tensor], k.Grids));
        var gradients = SampleGradients.Of(copied, [.. copies.Values], calibration, options, run);
        using var pass = gradients.Pass([.. copies.Values], graph => WithValues(graph, copies.Values));
        OrderedWork.Run(
            gradients.Count,
            run,
            s =>
            {
                using var sample = pass.Run(s);
                return errors.ConvertAll(e => e.Effects(sample.ByWeight));
            },
            (s, effects) =>
            {
                for (var i = 0; i < errors.Count; i++) errors[i].Add(effects[i]);
                run.Report(CompressionStep.Sensitivity, s + 1, gradients.Count);
            });
        return [.. known.Zip(errors, (k, e) => new PricedActivation(k.Point, statistics.Histograms[k.Point.Tensor].Count, k.Grids, e.Prices(gradients.Count)))];
    }

    // Only the readers that will read x̂ read the copy, so that the gradient by the copy is theirs.
    private static string Copy(ModelEditor editor, UniqueNames names, string tensor)
    {
        var copy = names.Fresh($"{tensor}/read");
        editor.Nodes.Add(new Node("Identity", copy, [tensor], [copy]));
        return copy;
    }

    private static BackwardGraph WithValues(BackwardGraph graph, IEnumerable<string> copies)
    {
        var wanted = copies.Where(graph.Gradients.ContainsKey).ToList();
        var editor = graph.Model.Edit();
        editor.ExposeOutputs(wanted);
        return graph with
        {
            Model = editor.ToModel(),
            Gradients = graph.Gradients.Concat(wanted.Select(c => KeyValuePair.Create(Errors.ValueOf(c), c))).ToDictionary(),
        };
    }

    /// <summary>Sums of ⟨x̂ − x, D⟩² for one tensor.</summary>
    private sealed class Errors(string copy, IReadOnlyList<ActivationGrid> grids)
    {
        private readonly SquareMean[] _sums = new SquareMean[grids.Count];

        /// <summary>The key under which a pass gives a value, beside its gradient.</summary>
        public static string ValueOf(string copy) => $"{copy}/value";

        /// <summary>⟨x̂ − x, D⟩ of a sample for each grid; zeros where no output depends on the tensor.</summary>
        public double[] Effects(IReadOnlyDictionary<string, Tensor> sample)
        {
            if (!sample.TryGetValue(copy, out var gradient)) return new double[grids.Count];
            return [.. grids.Select(grid => Effect(grid, sample[ValueOf(copy)].Floats, gradient.Floats))];
        }

        public void Add(double[] effects)
        {
            for (var g = 0; g < effects.Length; g++) _sums[g].Add(effects[g]);
        }

        public IReadOnlyList<Price> Prices(int samples) => [.. _sums.Select(s => s.Over(samples))];

        private double Effect(ActivationGrid grid, ReadOnlySpan<float> values, ReadOnlySpan<float> gradient)
        {
            var rounded = new float[values.Length];
            grid.Round(values, rounded);
            double sum = 0;
            for (var i = 0; i < values.Length; i++) sum += ((double)rounded[i] - values[i]) * gradient[i];
            return double.IsFinite(sum) ? sum : throw new CalibrationException($"The gradient of the outputs by '{copy}' is NaN or infinite for a calibration input. Check the preprocessing.");
        }
    }
}
