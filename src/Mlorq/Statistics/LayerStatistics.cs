using Mlorq.InterLayer;
using Mlorq.Layers;
using Mlorq.Numerics;
using Mlorq.Onnx.Graphs;
using Mlorq.Quantization;
using Mlorq.Resuming;
using Mlorq.Rounding;

namespace Mlorq.Statistics;

/// <summary>What calibration inputs say about the linear layers, and the local measure of their weight errors that follows.</summary>
/// <param name="Weighting">How much of it the measure uses.</param>
/// <param name="Inputs">Moments of the layers' inputs.</param>
/// <param name="Gradients">Squares of the gradients by the weights; null where the weighting needs none.</param>
public sealed record LayerStatistics(ErrorWeighting Weighting, InputStatistics Inputs, GradientSquares? Gradients)
{
    /// <summary>Nothing is known.</summary>
    internal static LayerStatistics None { get; } = new(ErrorWeighting.Plain, new InputStatistics(new Dictionary<string, InputMoments>()), null);

    private static readonly LayerFit Usual = new(LayerFit.UsualRidge, 1);

    // Row weights only shape factors; prices are taken over all samples.
    private const int SamplesOfRows = 64;

    /// <summary>By tensor: how far rounding may trust the moments.</summary>
    internal IReadOnlyDictionary<string, LayerFit> Fits { get; init; } = new Dictionary<string, LayerFit>();

    /// <summary>Runs the calibration inputs.</summary>
    internal static LayerStatistics Collect(
        Model model,
        FoundLayers layers,
        CalibrationSet calibration,
        SampleGradients? gradients,
        ErrorWeighting weighting,
        IWeightRounding rounding,
        RunSettings run)
    {
        var inputs = StatisticsRecords.Moments(run.State, () => StatisticsCollector.Collect(model, layers, calibration, run));
        var squares = StatisticsRecords.Gradients(run.State, () => SquaresOf(layers, gradients, weighting, run));
        var statistics = new LayerStatistics(weighting, inputs, squares);
        var fits = StatisticsRecords.Fits(run.State, statistics, () => FitsOf(layers, statistics, rounding, run));
        return statistics.WithoutHalves() with { Fits = fits };
    }

    /// <summary>The same without the halves of sums, which serve one question, the fits, and are as large as the wholes.</summary>
    internal LayerStatistics WithoutHalves() => this with { Inputs = Inputs.WithoutHalves(), Gradients = Gradients is null ? null : Gradients with { Halved = null } };

    private static GradientSquares? SquaresOf(FoundLayers layers, SampleGradients? gradients, ErrorWeighting weighting, RunSettings run) => weighting switch
    {
        ErrorWeighting.InputMomentsAndRows => GradientSquares.Collect(gradients!, layers, weighting, SamplesOfRows, run),
        _ when weighting == ErrorWeighting.DiagonalHessian || weighting.WeighsTokens() => GradientSquares.Collect(gradients!, layers, weighting, gradients!.Count, run),
        _ => null,
    };

    private static IReadOnlyDictionary<string, LayerFit> FitsOf(FoundLayers layers, LayerStatistics statistics, IWeightRounding rounding, RunSettings run) =>
        statistics.Weighting.UsesMoments() ? LayerFit.Of(layers, statistics.Halves, statistics.HalvesOfOutputs, rounding, run) : new Dictionary<string, LayerFit>();

    /// <summary>The measure of a layer's weight errors.</summary>
    public ErrorMetric MetricOf(LinearLayer layer) => Weighting switch
    {
        ErrorWeighting.Plain => ErrorMetric.Plain(layer.InFeatures),
        ErrorWeighting.DiagonalHessian when Gradients!.HessianOf(layer) is { } hessian => ErrorMetric.Elementwise(hessian),
        ErrorWeighting.DiagonalHessian => ErrorMetric.Plain(layer.InFeatures),
        ErrorWeighting.InputMomentsAndRows => ErrorMetric.Of(Inputs.Of(layer).Second, FitOf(layer).Ridge, Gradients!.RowsOf(layer)),
        _ when Weighting.WeighsTokens() => ErrorMetric.Of(Blended(Inputs.Of(layer).Second, Gradients!.TokensOf(layer)), FitOf(layer).Ridge, Gradients!.RowsOf(layer)),
        _ => ErrorMetric.Of(Inputs.Of(layer).Second, FitOf(layer).Ridge),
    };

    /// <summary>How far rounding may trust a layer's moments.</summary>
    internal LayerFit FitOf(LinearLayer layer) => Fits.GetValueOrDefault(layer.TensorName, Usual);

    /// <summary>G of a layer as a metric of its columns, by which rows make up for each other's errors; null where they do not.</summary>
    internal ErrorMetric? RowMetricOf(LinearLayer layer) =>
        FitOf(layer).Rows is { } fit && Gradients?.OutputsOf(layer) is { } outputs ? ErrorMetric.Of(outputs, fit.Ridge) : null;

    /// <summary>E[x] of a layer's inputs, [in].</summary>
    public double[] MeanOf(LinearLayer layer) => Inputs.Of(layer).Mean;

    // The matrix C of the measure from each half of the batches; null where there is one batch.
    private (Matrix<double> One, Matrix<double> Other)? Halves(LinearLayer layer)
    {
        if (Inputs.Of(layer).Halves() is not { } moments) return null;
        if (Gradients?.Halved?.Tokens.GetValueOrDefault(layer.TensorName)?.Halves() is not { } tokens) return moments;
        return (Blended(moments.One, tokens.One), Blended(moments.Other, tokens.Other));
    }

    private (Matrix<double> One, Matrix<double> Other)? HalvesOfOutputs(LinearLayer layer) => Gradients?.Halved?.Outputs.GetValueOrDefault(layer.TensorName)?.Halves();

    // Gradients say what counts, but to first order and from one projection a sample: with them alone rounding is worse than with half of each
    // (measured in docs/decisions/0012).
    private static Matrix<double> Blended(Matrix<double> moments, Matrix<double>? tokens)
    {
        if (tokens is null) return moments;
        var (result, scale) = (moments.Copy(), Trace(moments) / Trace(tokens));
        for (var i = 0; i < result.Values.Length; i++) result.Values[i] = 0.5 * (moments.Values[i] + (scale * tokens.Values[i]));
        return result;
    }

    private static double Trace(Matrix<double> square)
    {
        double sum = 0;
        for (var i = 0; i < square.Rows; i++) sum += square[i, i];
        return sum;
    }
}
