using Mlorq.Layers;
using Mlorq.Numerics;
using Mlorq.Onnx.Graphs;
using Mlorq.Quantization;
using Mlorq.Rewriting;
using Mlorq.Rounding;
using Mlorq.Statistics;

namespace Mlorq.IntraLayer;

/// <summary>Stage 1, within a layer: enumerates candidates and keeps the front.</summary>
public static class IntraLayerSearch
{
    // A scale for each row pays from here on.
    private const int SmallestTable = 2048;
    private const double Ridge = 0.1;

    /// <summary>The fronts of all layers, in graph order.</summary>
    public static IReadOnlyList<Front> Fronts(
        Model model,
        FoundLayers layers,
        InputStatistics statistics,
        CandidateOptions options,
        IWeightRounding rounding,
        RunSettings run)
    {
        var fronts = new List<Front>();
        OrderedWork.Run(
            layers.Layers.Count,
            run,
            i => layers.Layers[i] is LinearLayer linear
                ? OfLinear(linear, statistics, options, rounding)
                : OfConstant(model, layers.Layers[i], options),
            (i, front) =>
            {
                fronts.Add(front);
                run.Report(CompressionStep.Candidates, i + 1, layers.Layers.Count, front.Layer.Name);
            });
        return fronts;
    }

    /// <summary>The measure of a layer's weight errors.</summary>
    public static ErrorMetric MetricOf(LinearLayer layer, InputStatistics statistics) => ErrorMetric.Of(statistics.Of(layer).Second, Ridge);

    /// <summary>Whether a constant is worth a scale for each row.</summary>
    internal static bool IsTable(Layer layer) => layer.Shape.Count >= 2 && layer.Parameters >= SmallestTable && layer.Shape[^1] >= 16;

    private static Front OfLinear(LinearLayer layer, InputStatistics statistics, CandidateOptions options, IWeightRounding rounding)
    {
        var metric = MetricOf(layer, statistics);
        var dense = DenseCandidates.Of(layer, metric, options, rounding).ToList();
        var lowRank = LowRankCandidates.Of(layer, metric, options, rounding, dense);
        var floats = Floats(layer, layer.Weight.Values, halves => metric.Error(layer.Weight, new Matrix<float>(layer.OutFeatures, layer.InFeatures, halves)));
        // Weights that need scales beyond half precision leave some candidates without a finite error.
        return Front.Of(layer, [.. dense.Concat(lowRank).Concat(floats).Where(c => double.IsFinite(c.LocalError))]);
    }

    private static Front OfConstant(Model model, Layer layer, CandidateOptions options)
    {
        if (!options.ShrinkConstants) return Front.Of(layer, [Scored(layer, new Candidate.Single(), 0)]);
        var values = model.Graph.Initializer(layer.TensorName)!;
        var floats = values.Floats.ToArray();
        var candidates = Floats(layer, floats, halves => SquaredDistance(floats, halves)).ToList();
        if (layer is TableLayer or ConvolutionLayer || IsTable(layer))
        {
            var (codes, scales) = RowBytes.Of(values.Floats, ConstantFragment.ScaleShape(layer), layer.Shape);
            var error = SquaredDistance(values.Floats, RowBytes.Restore(codes, scales));
            // Masks of the most negative number have no half-precision scale.
            if (double.IsFinite(error)) candidates.Add(Scored(layer, new Candidate.Rows8(), error));
        }

        if (layer is ConvolutionLayer convolution) candidates.AddRange(DenseCandidates.Of(convolution, options));
        return Front.Of(layer, candidates);
    }

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
        new(candidate, ModelRewriter.SizeInBytes(layer, candidate), error);

    private static double SquaredDistance(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        double sum = 0;
        for (var i = 0; i < a.Length; i++) sum += ((double)a[i] - b[i]) * (a[i] - b[i]);
        return sum;
    }
}
