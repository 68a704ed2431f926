using Mlorq.InterLayer;
using Mlorq.Layers;
using Mlorq.Onnx.Graphs;
using Mlorq.Quantization;

namespace Mlorq.Statistics;

/// <summary>What calibration inputs say about the linear layers, and the local measure of their weight errors that follows.</summary>
/// <param name="Weighting">How much of it the measure uses.</param>
/// <param name="Inputs">Moments of the layers' inputs.</param>
/// <param name="Gradients">Squares of the gradients by the weights; null where the weighting needs none.</param>
public sealed record LayerStatistics(ErrorWeighting Weighting, InputStatistics Inputs, GradientSquares? Gradients)
{
    // Measured in docs/decisions/0003.
    private const double Ridge = 0.1;

    // Row weights only shape factors; prices are taken over all samples.
    private const int SamplesOfRows = 64;

    /// <summary>Runs the calibration inputs.</summary>
    internal static LayerStatistics Collect(Model model, FoundLayers layers, CalibrationSet calibration, SampleGradients? gradients, ErrorWeighting weighting, RunSettings run)
    {
        var inputs = StatisticsCollector.Collect(model, layers, calibration, run);
        return new LayerStatistics(weighting, inputs, weighting switch
        {
            ErrorWeighting.DiagonalHessian => GradientSquares.Collect(gradients!, layers, withHessians: true, gradients!.Count, run),
            ErrorWeighting.InputMomentsAndRows => GradientSquares.Collect(gradients!, layers, withHessians: false, SamplesOfRows, run),
            _ => null,
        });
    }

    /// <summary>The measure of a layer's weight errors.</summary>
    public ErrorMetric MetricOf(LinearLayer layer) => Weighting switch
    {
        ErrorWeighting.Plain => ErrorMetric.Plain(layer.InFeatures),
        ErrorWeighting.DiagonalHessian when Gradients!.HessianOf(layer) is { } hessian => ErrorMetric.Elementwise(hessian),
        ErrorWeighting.DiagonalHessian => ErrorMetric.Plain(layer.InFeatures),
        ErrorWeighting.InputMomentsAndRows => ErrorMetric.Of(Inputs.Of(layer).Second, Ridge, Gradients!.RowsOf(layer)),
        _ => ErrorMetric.Of(Inputs.Of(layer).Second, Ridge),
    };

    /// <summary>E[x] of a layer's inputs, [in].</summary>
    public double[] MeanOf(LinearLayer layer) => Inputs.Of(layer).Mean;
}
