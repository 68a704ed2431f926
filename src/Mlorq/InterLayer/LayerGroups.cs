using Mlorq.IntraLayer;
using Mlorq.Layers;
using Mlorq.Statistics;

namespace Mlorq.InterLayer;

/// <summary>How many layers are worked on together so that what is summed for them, or their rounded candidates and gradients, fit a memory limit.</summary>
internal static class LayerGroups
{
    // Of the limit: what sums over inputs may take, beside which there is little else; what candidates may take, and beside them the gradients of some samples.
    private const double SumsShare = 0.75;
    private const double CandidatesShare = 0.75;
    private const double GradientsShare = 0.25;

    /// <summary>Runs of linear layers, in graph order, whose sums over inputs and gradients fit; layers that read the same stay together, as they share a sum.</summary>
    public static IReadOnlyList<IReadOnlyList<LinearLayer>> OfSums(IEnumerable<LinearLayer> layers, ErrorWeighting weighting, long memoryLimit) =>
        [.. Runs([.. layers.GroupBy(InputStatistics.KeyOf)], sharing => BytesOfSums([.. sharing], weighting), memoryLimit * SumsShare).Select(run => (IReadOnlyList<LinearLayer>)[.. run.SelectMany(l => l)])];

    /// <summary>Runs of layers, in graph order, whose candidates fit.</summary>
    public static IReadOnlyList<IReadOnlyList<Layer>> Of(IReadOnlyList<Layer> layers, CandidateOptions options, long memoryLimit) =>
        Runs(layers, l => Bytes(l, options), memoryLimit * CandidatesShare);

    /// <summary>Runs of layers, in the order given, of which the gradients of one sample fit.</summary>
    public static IReadOnlyList<IReadOnlyList<LayerErrors>> OfOneSample(IReadOnlyList<LayerErrors> errors, long memoryLimit) =>
        Runs(errors, e => e.Length * (double)sizeof(float), memoryLimit * GradientsShare);

    /// <summary>The number of samples whose gradients are held at once.</summary>
    public static int SamplesAtOnce(long values, int most, long memoryLimit) =>
        (int)Math.Clamp(memoryLimit * GradientsShare / (values * sizeof(float)), 1, most);

    /// <summary>Runs of anything, in the order given, that fit a limit; what does not fit by itself is a run of its own.</summary>
    public static IReadOnlyList<IReadOnlyList<T>> Runs<T>(IReadOnlyList<T> all, Func<T, double> bytes, double limit)
    {
        var runs = new List<IReadOnlyList<T>>();
        var current = new List<T>();
        double size = 0;
        foreach (var one in all)
        {
            var own = bytes(one);
            if (current.Count > 0 && size + own > limit)
            {
                runs.Add(current);
                (current, size) = ([], 0);
            }

            current.Add(one);
            size += own;
        }

        if (current.Count > 0) runs.Add(current);
        return runs;
    }

    // Halves of triangles in double, and whole matrices in single precision of two batches that are on their way. Not of the number of threads, which changes no result.
    private static double BytesOfSums(IReadOnlyList<LinearLayer> sharing, ErrorWeighting weighting)
    {
        var inputs = Square(sharing[0].InFeatures);
        var values = inputs + (weighting.WeighsTokens() ? inputs * sharing.Count : 0) + (weighting == ErrorWeighting.TokenMomentsAndOutputs ? sharing.Where(GradientSums.SumsOutputs).Sum(l => Square(l.OutFeatures)) : 0);
        var hessians = weighting == ErrorWeighting.DiagonalHessian ? sharing.Sum(l => l.Parameters * (sizeof(double) + (2.0 * sizeof(float)))) : 0;
        return (values * (sizeof(double) + (2 * sizeof(float)))) + hessians;

        static double Square(int features) => (double)features * features;
    }

    // A byte for each code of each candidate, copies of kernels while they are rounded, the weight and the quantized factors in single precision, and what the layer's metric holds.
    private static double Bytes(Layer layer, CandidateOptions options)
    {
        options = DenseCandidates.For(layer, options);
        if (layer is KernelLayer kernel) return layer.Parameters * ((1.2 * DenseCandidates.Offered(kernel, options).Count()) + (2.0 * sizeof(float)));
        if (layer is not LinearLayer linear) return layer.Parameters * 2.0 * sizeof(float);
        var codes = DenseCandidates.Offered(linear, options).Count() * (double)layer.Parameters;
        var rank = Math.Min(linear.OutFeatures, linear.InFeatures);
        var factors = options.FactorBitWidths.Count * (double)rank * (linear.OutFeatures + linear.InFeatures) * sizeof(float);
        var moments = 3.0 * linear.InFeatures * linear.InFeatures * sizeof(double);
        return (codes * 1.2) + (layer.Parameters * sizeof(float)) + factors + moments;
    }
}
