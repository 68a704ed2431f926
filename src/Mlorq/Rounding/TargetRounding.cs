using Mlorq.IntraLayer;
using Mlorq.Layers;
using Mlorq.Numerics;
using Mlorq.Statistics;

namespace Mlorq.Rounding;

/// <summary>Rounds one layer for the inputs x̂ that the compressed layers before it give, towards a target that may make up for their errors.</summary>
internal static class TargetRounding
{
    /// <summary>The layer with its final values: the target T rounded in the metric of Ĉ, and the bias b + W E[x] − Ŵ E[x̂].</summary>
    /// <param name="layer">The layer, with W.</param>
    /// <param name="candidate">How it is stored.</param>
    /// <param name="statistics">Row weights and ridge.</param>
    /// <param name="moments">Moments of x and x̂.</param>
    /// <param name="share">How far T is from W to W*.</param>
    /// <param name="rounding">How matrices are rounded.</param>
    public static RoundedLayer Round(LinearLayer layer, Candidate candidate, LayerStatistics statistics, CutMoments moments, double share, IWeightRounding rounding)
    {
        var weight = layer.ToMatrix();
        var target = Target(weight, moments, statistics.FitOf(layer).Ridge, share);
        // A layer with these weights, whose bias makes up for the other mean: all ways of rounding then do what they always do.
        var stand = layer with { Values = LinearLayer.Stored(target), Bias = layer.Bias is { } bias ? bias with { Values = Shift(bias.Values, weight, target, moments) } : null };
        var local = statistics.With(layer, moments.Compressed);
        return SequentialRounding.Round(stand, candidate, local, rounding) switch
        {
            RoundedLayer.Dense dense => dense with { Layer = layer, Linear = layer },
            RoundedLayer.MixedRows mixed => mixed with { Layer = layer, Linear = layer },
            RoundedLayer.LowRank pair => pair with { Layer = layer, Linear = layer },
            _ => new RoundedLayer.Converted(layer, candidate),
        };
    }

    /// <summary>
    /// W + share · (W* − W), where W* minimises E‖W x − W* x̂‖² + λ ‖W* − W‖²: W* = W + W (X − Ĉ)(Ĉ + λ I)⁻¹. The ridge pulls towards W, not towards zero, so
    /// that nothing moves where nothing changed.
    /// </summary>
    /// <param name="weights">W, [out, in].</param>
    /// <param name="moments">Ĉ and X.</param>
    /// <param name="ridge">λ in units of the mean of Ĉ's diagonal.</param>
    /// <param name="share">From 0 to 1.</param>
    internal static Matrix<float> Target(Matrix<float> weights, CutMoments moments, double ridge, double share)
    {
        var second = moments.Compressed.Second;
        double trace = 0;
        for (var i = 0; i < second.Rows; i++) trace += second[i, i];
        // Inputs that are always zero ask for nothing.
        if (share == 0 || !(trace > 0)) return weights;
        var difference = moments.Cross.Copy();
        for (var i = 0; i < difference.Values.Length; i++) difference.Values[i] -= second.Values[i];
        var solution = RidgeSolve.Solve(second, difference.Transpose(), ridge);
        var step = MatrixProduct.MultiplyTransposed(weights.ToDouble(), solution);
        var result = weights.Copy();
        for (var i = 0; i < result.Values.Length; i++) result.Values[i] += (float)(share * step.Values[i]);
        return result;
    }

    // b + W E[x] − T E[x̂]; rounding then adds (T − Ŵ) E[x̂].
    internal static float[] Shift(float[] bias, Matrix<float> weights, Matrix<float> target, CutMoments moments)
    {
        var (mean, compressed) = (moments.Original.Mean, moments.Compressed.Mean);
        var result = new float[bias.Length];
        for (var i = 0; i < result.Length; i++)
        {
            double sum = bias[i];
            for (var j = 0; j < mean.Length; j++) sum += (weights[i, j] * mean[j]) - (target[i, j] * compressed[j]);
            result[i] = (float)sum;
        }

        return result;
    }
}
