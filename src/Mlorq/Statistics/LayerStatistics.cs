using System.Numerics;
using Mlorq.InterLayer;
using Mlorq.Layers;
using Mlorq.Numerics;
using Mlorq.Onnx.Execution;
using Mlorq.Onnx.Graphs;
using Mlorq.Quantization;
using Mlorq.Resuming;
using Mlorq.Rounding;

namespace Mlorq.Statistics;

/// <summary>What calibration inputs say about the linear layers, and the local measure of their weight errors that follows.</summary>
public sealed record LayerStatistics
{
    internal LayerStatistics(ErrorWeighting weighting, InputStatistics inputs, GradientSquares? gradients) => (Weighting, Inputs, Gradients) = (weighting, inputs, gradients);

    /// <summary>How much of it the measure uses.</summary>
    public ErrorWeighting Weighting { get; }

    /// <summary>Moments of the layers' inputs.</summary>
    internal InputStatistics Inputs { get; private init; }

    /// <summary>Squares of the gradients by the weights; null where the weighting needs none.</summary>
    internal GradientSquares? Gradients { get; private init; }

    /// <summary>Nothing is known.</summary>
    internal static LayerStatistics None { get; } = new(ErrorWeighting.Plain, new InputStatistics(new Dictionary<string, KeptMoments>()), null);

    private static readonly LayerFit Usual = new(LayerFit.UsualRidge, 1);

    // Row weights only shape factors; prices are taken over all samples.
    private const int SamplesOfRows = 64;

    /// <summary>By tensor: how far rounding may trust the moments.</summary>
    internal IReadOnlyDictionary<string, LayerFit> Fits { get; init; } = new Dictionary<string, LayerFit>();

    /// <summary>Runs the calibration inputs, once for each group of layers whose sums fit the memory limit; where there are several groups, what is kept of them goes to a temporary file.</summary>
    internal static LayerStatistics Collect(
        Model model,
        FoundLayers layers,
        CalibrationSet calibration,
        SampleGradients? gradients,
        ErrorWeighting weighting,
        IWeightRounding rounding,
        RunSettings run)
    {
        var file = FileFor(layers.Linear, weighting, run);
        return Join(weighting, [.. LayerGroups.OfSums(layers.Linear, weighting, run.MemoryLimit).Select(group =>
            StatisticsRecords.Once(run.State, group, file, () => Collect(model, group, calibration, gradients, weighting, rounding, run)))]);
    }

    /// <summary>A file for the matrices of some layers, closed when the last of the statistics is gone; null where the layers are one group, whose matrices stay in memory.</summary>
    /// <exception cref="TemporaryFileException">The folder for temporary files takes none.</exception>
    internal static TemporaryFile? FileFor(IEnumerable<LinearLayer> layers, ErrorWeighting weighting, RunSettings run) =>
        LayerGroups.OfSums(layers, weighting, run.MemoryLimit).Count > 1 ? new TemporaryFile(Path.GetTempPath()) : null;

    private static LayerStatistics Collect(
        Model model, IReadOnlyList<LinearLayer> layers, CalibrationSet calibration, SampleGradients? gradients, ErrorWeighting weighting, IWeightRounding rounding, RunSettings run)
    {
        var byValue = StatisticsCollector.Sum(model, layers, calibration, run);
        var inputs = layers.DistinctBy(InputStatistics.KeyOf).ToDictionary(InputStatistics.KeyOf, l => InputSums.Merge(InputStatistics.InputsOf(l).Select(i => byValue[i])));
        var sums = SumsOf(layers, gradients, weighting, run);
        var fits = weighting.UsesMoments()
            ? LayerFit.Of(layers, l => Halves(inputs[InputStatistics.KeyOf(l)], sums?.Tokens.GetValueOrDefault(l.TensorName)), l => HalvesOf(sums?.Outputs.GetValueOrDefault(l.TensorName)), rounding, run)
            : new Dictionary<string, LayerFit>();
        return new LayerStatistics(weighting, new InputStatistics(inputs.ToDictionary(i => i.Key, i => i.Value.Moments())), sums?.Squares(fits)) { Fits = fits };
    }

    private static GradientSums? SumsOf(IReadOnlyList<LinearLayer> layers, SampleGradients? gradients, ErrorWeighting weighting, RunSettings run) => weighting switch
    {
        ErrorWeighting.InputMomentsAndRows => GradientSums.Collect(gradients!, layers, weighting, SamplesOfRows, run),
        _ when weighting == ErrorWeighting.DiagonalHessian || weighting.WeighsTokens() => GradientSums.Collect(gradients!, layers, weighting, gradients!.Count, run),
        _ => null,
    };

    private static LayerStatistics Join(ErrorWeighting weighting, IReadOnlyList<LayerStatistics> groups) => new(
        weighting,
        new InputStatistics(groups.SelectMany(g => g.Inputs.ByInput).ToDictionary()),
        groups.Any(g => g.Gradients is not null) ? GradientSquares.Join([.. groups.Select(g => g.Gradients).OfType<GradientSquares>()]) : null)
    {
        Fits = groups.SelectMany(g => g.Fits).ToDictionary(),
    };

    /// <summary>The same with their matrices in a file.</summary>
    internal LayerStatistics MovedTo(TemporaryFile file) => this with { Inputs = Inputs.MovedTo(file), Gradients = Gradients?.MovedTo(file) };

    /// <summary>The same with other inputs going into a layer.</summary>
    internal LayerStatistics With(LinearLayer layer, InputMoments moments) => this with
    {
        Inputs = new InputStatistics(new Dictionary<string, KeptMoments> { [InputStatistics.KeyOf(layer)] = new(moments.Mean, new KeptMatrix(SymmetricMatrix<float>.OfLower(moments.Second))) }),
    };

    /// <summary>The measure of a layer's weight errors.</summary>
    public ErrorMetric MetricOf(LinearLayer layer) => Weighting switch
    {
        ErrorWeighting.Plain => ErrorMetric.Plain(layer.InFeatures),
        ErrorWeighting.DiagonalHessian when Gradients!.HessianOf(layer) is { } hessian => ErrorMetric.Elementwise(hessian),
        ErrorWeighting.DiagonalHessian => ErrorMetric.Plain(layer.InFeatures),
        ErrorWeighting.InputMomentsAndRows => ErrorMetric.Of(Inputs.Of(layer).Second.Read().ToMatrix(), FitOf(layer).Ridge, Gradients!.RowsOf(layer)),
        _ when Weighting.WeighsTokens() => ErrorMetric.Of(Blended(Inputs.Of(layer).Second.Read(), Gradients!.TokensOf(layer)), FitOf(layer).Ridge, Gradients!.RowsOf(layer)),
        _ => ErrorMetric.Of(Inputs.Of(layer).Second.Read().ToMatrix(), FitOf(layer).Ridge),
    };

    /// <summary>How far rounding may trust a layer's moments.</summary>
    internal LayerFit FitOf(LinearLayer layer) => Fits.GetValueOrDefault(layer.TensorName, Usual);

    /// <summary>G of a layer as a metric of its columns, by which rows make up for each other's errors; null where they do not.</summary>
    internal ErrorMetric? RowMetricOf(LinearLayer layer) =>
        FitOf(layer).Rows is { } fit && Gradients?.OutputsOf(layer) is { } outputs ? ErrorMetric.Of(outputs.ToMatrix(), fit.Ridge) : null;

    /// <summary>E[x] of a layer's inputs, [in].</summary>
    public double[] MeanOf(LinearLayer layer) => Inputs.Of(layer).Mean;

    // The matrix C of the measure from each half of the batches; null where there is one batch.
    private static (Matrix<double> One, Matrix<double> Other)? Halves(InputSums inputs, HalvedSum? tokens)
    {
        if (inputs.Halves() is not { } moments) return null;
        return tokens?.Halves() is { } weighted ? (Blended(moments.Even, weighted.Even), Blended(moments.Odd, weighted.Odd)) : (moments.Even.ToMatrix(), moments.Odd.ToMatrix());
    }

    private static (Matrix<double> One, Matrix<double> Other)? HalvesOf(HalvedSum? outputs) => outputs?.Halves() is { } halves ? (halves.Even.ToMatrix(), halves.Odd.ToMatrix()) : null;

    // Gradients say what counts, but to first order and from one projection a sample: with them alone rounding is worse than with half of each
    // (measured in docs/decisions/0012).
    private static Matrix<double> Blended<T>(SymmetricMatrix<T> moments, SymmetricMatrix<T>? tokens)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (tokens is null) return moments.ToMatrix();
        var (result, scale) = (new SymmetricMatrix<double>(moments.Size), moments.Trace / tokens.Trace);
        for (var i = 0; i < result.Values.Length; i++) result.Values[i] = 0.5 * (double.CreateTruncating(moments.Values[i]) + (scale * double.CreateTruncating(tokens.Values[i])));
        return result.ToMatrix();
    }
}
