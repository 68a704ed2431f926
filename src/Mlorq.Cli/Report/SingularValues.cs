using Mlorq.Layers;
using Mlorq.Numerics;

namespace Mlorq.Cli.Report;

/// <summary>How fast the singular values of a layer's weight fall off: what a pair of factors could leave out.</summary>
/// <param name="Layer">The layer.</param>
/// <param name="Values">σ, largest first.</param>
internal sealed record SingularValues(LinearLayer Layer, IReadOnlyList<double> Values)
{
    private const int MostLayers = 8;

    // Σ n³ over the layers, of decompositions that take about a second for 10⁹.
    private const double MostWork = 1.5e9;

    /// <summary>Those of the largest layers; of equal ones, those that cost most. Layers that would take too long are left out.</summary>
    public static IReadOnlyList<SingularValues> OfLargest(CompressionPlan plan, int threads, CancellationToken cancellation)
    {
        var (chosen, work) = (new List<LinearLayer>(), 0.0);
        foreach (var choice in plan.Choices.OrderByDescending(c => c.Layer.Parameters).ThenByDescending(c => double.IsNaN(c.NoiseToSignal) ? 0 : c.NoiseToSignal))
        {
            if (choice.Layer is not LinearLayer layer) continue;
            var own = Math.Pow(Math.Min(layer.OutFeatures, layer.InFeatures), 3);
            if (chosen.Count == MostLayers || work + own > MostWork) continue;
            chosen.Add(layer);
            work += own;
        }

        return [.. chosen.AsParallel().AsOrdered().WithDegreeOfParallelism(Math.Min(threads, 512)).WithCancellation(cancellation).Select(l => new SingularValues(l, Of(l.ToMatrix())))];
    }

    /// <summary>How many hold a share of Σ σ².</summary>
    public int RankFor(double share)
    {
        var (all, sum) = (Values.Sum(v => v * v), 0.0);
        for (var k = 0; k < Values.Count; k++)
        {
            sum += Values[k] * Values[k];
            if (sum >= share * all) return k + 1;
        }

        return Values.Count;
    }

    private static IReadOnlyList<double> Of(Matrix<float> weight)
    {
        var narrow = weight.Rows <= weight.Columns ? weight : weight.Transpose();
        return [.. SymmetricEigen.Decompose(MatrixProduct.Gram(narrow.ToDouble())).Values.Select(v => Math.Sqrt(Math.Max(0, v)))];
    }
}
