using Mlorq.Numerics;
using Mlorq.Quantization;

namespace Mlorq.Rounding.Adaptive;

/// <summary>
/// Rounds of joint soft rounding of both factors. After each Right is hardened first, and Left is fitted to it, rounded again and compared with
/// the Left that was learned with it; in the end Left learns alone, in the measure that Right leaves for it.
/// </summary>
internal sealed class PairRefinement(Matrix<float> weights, ErrorMetric metric, AdaptiveRounding rounding, AdaptiveOptions options, CancellationToken cancellation)
{
    private bool LearnsScales => options.LearnScales != ScaleLearning.None;

    /// <summary>The best pair found; the start where none is better.</summary>
    public (QuantizedMatrix Left, QuantizedMatrix Right) Refine(QuantizedMatrix left, QuantizedMatrix right)
    {
        var best = new Pair(left, right, Error(left, right));
        for (var round = 0; round < options.Rounds; round++)
        {
            var (softLeft, softRight) = Learn(best, options.IterationsOf(round));
            var (fitted, leftMetric) = FactorFit.Left(weights, softRight.Dequantize(), metric);
            best = Better(best, CodePolish.Run(fitted, leftMetric, softLeft, AdaptiveRounding.PolishRounds, AdaptiveRounding.PolishPasses), softRight);
            best = Better(best, rounding.Start.Round(fitted, leftMetric, left.Grids.Format), softRight);
        }

        var (alone, metricOfLeft) = FactorFit.Left(weights, best.Right.Dequantize(), metric);
        best = Better(best, rounding.Refine(alone, metricOfLeft, best.Left), best.Right);
        return (best.Left, best.Right);
    }

    private (QuantizedMatrix Left, QuantizedMatrix Right) Learn(Pair start, int steps)
    {
        var soft = new SoftPair(weights, metric.OfFactors, start.Left, start.Right, options, LearnsScales);
        for (var step = 0; step < steps; step++)
        {
            cancellation.ThrowIfCancellationRequested();
            soft.FillGradients();
            var exponent = Annealing.Exponent(step, steps);
            soft.Left.Step(exponent);
            soft.Right.Step(exponent);
        }

        return (Hardened(soft.Left, start.Left), Hardened(soft.Right, start.Right));
    }

    private QuantizedMatrix Hardened(SoftMatrix soft, QuantizedMatrix start)
    {
        var codes = new byte[start.Codes.Length];
        var scales = RowChoice.Scales(start.Grids);
        soft.Harden(codes, scales);
        return new QuantizedMatrix(LearnsScales ? start.Grids.WithScales(scales) : start.Grids, codes);
    }

    private Pair Better(Pair holder, QuantizedMatrix left, QuantizedMatrix right)
    {
        var error = Error(left, right);
        return error < holder.Error ? new Pair(left, right, error) : holder;
    }

    private double Error(QuantizedMatrix left, QuantizedMatrix right) =>
        metric.Error(weights, MatrixProduct.Multiply(left.Dequantize(), right.Dequantize()));

    private sealed record Pair(QuantizedMatrix Left, QuantizedMatrix Right, double Error);
}
