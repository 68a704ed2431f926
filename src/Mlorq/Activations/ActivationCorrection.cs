using Mlorq.InterLayer;
using Mlorq.Layers;
using Mlorq.Onnx.Execution;
using Mlorq.Onnx.Graphs;
using Mlorq.Rounding;
using Mlorq.Statistics;

namespace Mlorq.Activations;

/// <summary>
/// Weights that make up for rounded inputs (the ridge regression of ERQ, Zhong et al., ICML 2024). With x a layer's input and x̂ what it is rounded to,
/// <code>W* = W + share · W (E[x x̂ᵀ] − E[x̂ x̂ᵀ]) (E[x̂ x̂ᵀ] + λI)⁻¹,  b* = b + W E[x] − W* E[x̂]</code>
/// Full regression shrinks the signal in every layer, so several strengths are tried, and judged by the outputs on held-out inputs.
/// </summary>
internal static class ActivationCorrection
{
    // The ridge pulls towards W; without a share the bias alone makes up for the mean error.
    private static readonly (double Share, double Ridge)[] Tried = [(1, 0.3), (1, 0.03), (0, 1)];

    /// <summary>The prepared model with its weights corrected; as it was where that is not clearly better.</summary>
    public static PreparedModel Apply(PreparedModel prepared, CalibrationSet calibration, RunSettings run)
    {
        if (prepared.Activations.Count == 0 || HeldOutInputs.Of(prepared.Model, calibration) is not { } inputs) return prepared;
        var moments = Moments(prepared, inputs.Used, run);
        using var reference = ModelRunner.Load(prepared.Original);
        var (best, change) = (prepared, Measure(prepared));
        foreach (var (share, ridge) in Tried)
        {
            var corrected = Corrected(prepared, moments, share, ridge);
            if (Measure(corrected) is var other && other.IsClearlyBetterThan(change)) (best, change) = (corrected, other);
        }

        return best;

        MeasuredChange Measure(PreparedModel changed)
        {
            using var runner = ModelRunner.Load(StaticActivations.Insert(changed.Model, changed.Activations));
            return new MeasuredChange(OutputComparison.ByInput(prepared.Original, reference, runner, inputs.HeldOut, run));
        }
    }

    /// <summary>The prepared model with its weights corrected by a share, with a ridge in units of the mean of the diagonal of E[x̂ x̂ᵀ].</summary>
    internal static PreparedModel Corrected(PreparedModel prepared, IReadOnlyDictionary<string, CutMoments> moments, double share, double ridge)
    {
        var editor = prepared.Model.Edit();
        foreach (var layer in prepared.Layers.Linear.Where(l => l.HasOneUse && moments.ContainsKey(l.Uses[0].Input(0))))
        {
            var (of, weight) = (moments[layer.Uses[0].Input(0)], layer.ToMatrix());
            var target = TargetRounding.Target(weight, of, ridge, share);
            editor.SetInitializer(layer.TensorName, LinearLayer.Stored(target));
            if (layer.Bias is { } bias) editor.SetInitializer(bias.TensorName, Tensor.Of(TargetRounding.Shift(bias.Values, weight, target, of).AsSpan(), bias.Values.Length));
        }

        var model = editor.ToModel();
        return prepared with { Model = model, Layers = LayerFinder.Find(model), Original = prepared.Original };
    }

    /// <summary>Moments of the inputs of layers, x as the rounded layers before make it, and of x̂, by the name of x.</summary>
    internal static IReadOnlyDictionary<string, CutMoments> Moments(PreparedModel prepared, CalibrationSet inputs, RunSettings run)
    {
        var rounding = StaticActivations.Insert(prepared.Model, prepared.Activations);
        var pairs = prepared.Layers.Linear
            .Where(l => l.HasOneUse)
            .Select(l => (X: l.Uses[0].Input(0), Rounded: rounding.Graph.Producer(l.Uses[0].Outputs[0])!.Input(0), Width: l.InFeatures))
            .Where(p => p.X != p.Rounded)
            .DistinctBy(p => p.X)
            .ToList();
        var moments = StatisticsCollector.Collect(
            rounding, [.. pairs.SelectMany(p => (MomentPair[])[new(Cross(p.X), p.X, p.Rounded, p.Width), new(p.Rounded, p.Rounded, p.Rounded, p.Width)])], inputs, run);
        return pairs.Where(p => moments[p.Rounded].Count > 0).ToDictionary(p => p.X, p => new CutMoments(moments[Cross(p.X)], moments[p.Rounded], moments[Cross(p.X)].Second));

        static string Cross(string x) => $"{x} with its rounding";
    }
}
