using Mlorq.Layers;
using Mlorq.Numerics;
using Mlorq.Onnx.Graphs;
using Mlorq.Rewriting;
using Mlorq.Rounding;
using Mlorq.Statistics;
using Mlorq.Timing;

namespace Mlorq.IntraLayer;

/// <summary>Stage 1, within a layer: enumerates candidates and keeps the front.</summary>
public static class IntraLayerSearch
{
    private const double Margin = 1.25;

    /// <summary>All layers rounded in every way.</summary>
    internal static IReadOnlyList<TriedLayer> Try(
        Model model,
        IReadOnlyList<Layer> layers,
        LayerStatistics statistics,
        CandidateOptions options,
        IWeightRounding rounding,
        RunSettings run,
        Allocation allocation = Allocation.Mixed,
        LayerTimes? times = null)
    {
        var tried = new List<TriedLayer>();
        OrderedWork.Run(
            layers.Count,
            run,
            i => Try(model, layers[i], statistics, options, rounding, allocation, times),
            (i, layer) =>
            {
                tried.Add(layer);
                run.Report(CompressionStep.Candidates, i + 1, layers.Count, layer.Layer.Name);
            },
            areKept: true);
        return tried;
    }

    private static TriedLayer Try(Model model, Layer layer, LayerStatistics statistics, CandidateOptions options, IWeightRounding rounding, Allocation allocation, LayerTimes? times)
    {
        var rule = LayerRules.Of(layer, options);
        var own = DenseCandidates.For(layer, rule?.Narrow(options) ?? options);
        if (layer is LinearLayer linear) return OfLinear(new LayerRounding(linear, statistics, rounding), own, rule, allocation, times);
        return new TriedLayer(layer, Allowed(layer, rule, OfConstant(model, layer, own)), null, null);
    }

    /// <summary>The fronts in the local measure, low-rank pairs included.</summary>
    public static IReadOnlyList<Front> Fronts(
        Model model,
        FoundLayers layers,
        LayerStatistics statistics,
        CandidateOptions options,
        IWeightRounding rounding,
        RunSettings run,
        Allocation allocation = Allocation.Mixed,
        LayerTimes? times = null)
    {
        var tried = Try(model, layers.Layers, statistics, options, rounding, run, allocation, times);
        var fronts = new List<Front>();
        OrderedWork.Run(tried.Count, run, i => LocalFront(tried[i], allocation), (_, front) => fronts.Add(front), areKept: true);
        return fronts;
    }

    private static Front LocalFront(TriedLayer tried, Allocation allocation)
    {
        if (tried is not { Pairs: { } pairs, Rounding: { } rounding }) return Front.Of(tried.Layer, tried.Candidates, allocation);
        var rounded = LowRankCandidates.RoundHopeful(rounding, pairs.Scored(pairs.LocalErrors), tried.Candidates);
        rounding.Rest();
        return Front.Of(tried.Layer, [.. tried.Candidates, .. rounded], allocation);
    }

    private static TriedLayer OfLinear(LayerRounding rounding, CandidateOptions options, LayerRule? rule, Allocation allocation, LayerTimes? times)
    {
        var (layer, metric) = (rounding.Layer, rounding.Metric);
        var dense = DenseCandidates.Of(rounding, options).Select(Timed).ToList();
        // A uniform plan takes whole matrices in one format.
        var isUniform = allocation == Allocation.Uniform;
        var mixed = isUniform ? [] : MixedRowsCandidates.Of(rounding, dense, options, times);
        var floats = Floats(layer, rounding.Weight.Values, halves => metric.Error(rounding.Weight, new Matrix<float>(layer.OutFeatures, layer.InFeatures, halves))).Select(Timed);
        // Weights that need scales beyond half precision leave some candidates without a finite error.
        var all = Allowed(layer, rule, [.. dense.Concat(mixed).Concat(floats).Where(c => double.IsFinite(c.LocalError))]);
        // Local errors and prices agree well enough within a layer: what is far off the local front is on no other.
        var tried = new TriedLayer(layer, isUniform ? all : Front.Near(all, Margin), isUniform ? null : FactorPairs.Of(rounding, options, times), rounding);
        rounding.Rest();
        return tried;

        ScoredCandidate Timed(ScoredCandidate candidate) => times?.Timed(layer, candidate) ?? candidate;
    }

    // Values decide in the end: a rule may leave nothing where scales or weights are beyond half precision.
    private static List<ScoredCandidate> Allowed(Layer layer, LayerRule? rule, List<ScoredCandidate> candidates)
    {
        var allowed = rule is null ? candidates : candidates.FindAll(c => rule.Allows(c.Candidate));
        return allowed.Count > 0 ? allowed : throw LayerRules.NothingLeft(layer, rule!, candidates);
    }

    private static List<ScoredCandidate> OfConstant(Model model, Layer layer, CandidateOptions options)
    {
        if (!options.ShrinkConstants) return [Scored(layer, new Candidate.Single(), 0)];
        var values = model.Graph.Initializer(layer.TensorName)!;
        var floats = values.Floats.ToArray();
        var candidates = Floats(layer, floats, halves => SquaredDistance(floats, halves)).ToList();
        if (layer is not KernelLayer kernel) return candidates;
        var (codes, scales) = RowBytes.Of(values.Floats, ConstantFragment.ScaleShape(layer), layer.Shape);
        var error = SquaredDistance(values.Floats, RowBytes.Restore(codes, scales));
        // Masks of the most negative number have no half-precision scale.
        if (double.IsFinite(error)) candidates.Add(Scored(layer, new Candidate.Rows8(), error));
        if (floats.All(v => Math.Abs(v) < LargestCoded(kernel))) candidates.AddRange(DenseCandidates.Of(kernel, options));
        return candidates;
    }

    // A scale ends with half precision; and what is added and large is a mask, whose zeros have to stay zeros.
    private static float LargestCoded(KernelLayer layer) => layer is EmbeddingLayer ? 1000 : (float)Half.MaxValue;

    private static IEnumerable<ScoredCandidate> Floats(Layer layer, float[] values, Func<float[], double> error)
    {
        yield return Scored(layer, new Candidate.Single(), 0);
        // Half precision ends at 65,504; a model that needs more keeps single precision.
        if (values.All(v => Math.Abs(v) < (float)Half.MaxValue))
        {
            yield return Scored(layer, new Candidate.Half(), error(Array.ConvertAll(values, v => (float)(Half)v)));
        }
    }

    private static ScoredCandidate Scored(Layer layer, Candidate candidate, double error) =>
        new(candidate, ModelRewriter.SizeInBytes(layer, candidate), error) { Rounded = new RoundedLayer.Converted(layer, candidate) };

    private static double SquaredDistance(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        double sum = 0;
        for (var i = 0; i < a.Length; i++) sum += ((double)a[i] - b[i]) * (a[i] - b[i]);
        return sum;
    }
}
