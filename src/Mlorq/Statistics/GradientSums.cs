using Mlorq.InterLayer;
using Mlorq.Layers;
using Mlorq.Numerics;
using Mlorq.Onnx.Graphs;

namespace Mlorq.Statistics;

/// <summary>The sums of <see cref="GradientSquares"/> by tensor, with their halves: what is needed until it is settled how far they can be trusted.</summary>
internal sealed record GradientSums(
    IReadOnlyDictionary<string, double[]> Rows,
    IReadOnlyDictionary<string, HalvedSum> Tokens,
    IReadOnlyDictionary<string, HalvedSum> Outputs,
    IReadOnlyDictionary<string, Matrix<double>> Hessians)
{
    // With more outputs, as of a head over words, G is larger than all else, and its work grows with the third power.
    private const int MostOutputs = 8192;

    /// <summary>Whether G of a layer is summed where it is asked for.</summary>
    public static bool SumsOutputs(LinearLayer layer) => layer.OutFeatures <= MostOutputs;

    /// <summary>What is kept of them: G of those layers alone whose rows make up for each other.</summary>
    public GradientSquares Squares(IReadOnlyDictionary<string, LayerFit> fits) => new(
        Kept(Rows, HalvedSum.AreZero, r => r),
        Kept(Tokens, t => t.IsZero, t => new KeptMatrix(t.Whole().Scaled<float>(1))),
        Kept(Outputs.Where(o => fits.GetValueOrDefault(o.Key)?.Rows is not null).ToDictionary(), o => o.IsZero, o => new KeptMatrix(o.Whole().Scaled<float>(1))),
        Kept(Hessians, h => HalvedSum.AreZero(h.Values), h => h));

    /// <summary>A pass over the first samples for what a weighting needs of some layers.</summary>
    public static GradientSums Collect(SampleGradients gradients, IReadOnlyList<LinearLayer> linear, ErrorWeighting weighting, int samples, RunSettings run)
    {
        var rows = linear.ToDictionary(l => l.TensorName, l => new double[l.OutFeatures]);
        IReadOnlyList<LinearLayer> counted = weighting.WeighsTokens() ? linear : [];
        IReadOnlyList<LinearLayer> summed = weighting == ErrorWeighting.TokenMomentsAndOutputs ? [.. linear.Where(SumsOutputs)] : [];
        var tokens = counted.ToDictionary(l => l.TensorName, l => HalvedSum.Zero(l.InFeatures));
        var outputs = summed.ToDictionary(l => l.TensorName, l => HalvedSum.Zero(l.OutFeatures));
        // D itself leaves the graph only where each of its elements is wanted.
        IReadOnlyList<LinearLayer> whole = weighting == ErrorWeighting.DiagonalHessian ? linear : [];
        var hessians = whole.ToDictionary(l => l.TensorName, l => new Matrix<double>(l.OutFeatures, l.InFeatures));
        var total = Math.Min(samples, gradients.Count);
        using var pass = gradients.Pass(
            [.. linear.Select(l => l.TensorName), .. counted.SelectMany(TokenMoments.OutputsOf)], graph => RowSquares.Extend(TokenMoments.Extend(OutputMoments.Extend(graph, summed), counted), linear, whole));
        OrderedWork.Run(total, run, pass.Run, (s, lent) =>
        {
            using (lent) Add(lent.ByWeight, gradients.IsEven(s));
            run.Report(CompressionStep.Gradients, s + 1, total);
        });
        return new GradientSums(rows, tokens, outputs, hessians);

        void Add(IReadOnlyDictionary<string, Tensor> gradient, bool isEven)
        {
            foreach (var layer in linear)
            {
                if (gradient.GetValueOrDefault(RowSquares.NameOf(layer)) is { } squares) StatisticsCollector.Accumulate(rows[layer.TensorName], squares.Floats);
                if (hessians.TryGetValue(layer.TensorName, out var hessian) && gradient.GetValueOrDefault(layer.TensorName) is { } d) AddSquares(d, hessian);
            }

            foreach (var layer in counted) AddMoments(TokenMoments.OutputsOf(layer), tokens[layer.TensorName]);
            foreach (var layer in summed) AddMoments(layer.Uses.Select(OutputMoments.NameOf), outputs[layer.TensorName]);

            void AddMoments(IEnumerable<string> names, HalvedSum sum)
            {
                foreach (var moments in names.Select(gradient.GetValueOrDefault).OfType<Tensor>()) sum.Add(moments.Floats, isEven);
            }
        }
    }

    // D is stored as MatMul stores weights, [in, out].
    private static void AddSquares(Tensor gradient, Matrix<double> hessian)
    {
        var d = gradient.Floats;
        for (var j = 0; j < hessian.Columns; j++)
        {
            for (var i = 0; i < hessian.Rows; i++) hessian[i, j] += (double)d[(j * hessian.Rows) + i] * d[(j * hessian.Rows) + i];
        }
    }

    // Layers that no output depends on are left out.
    private static Dictionary<string, TKept> Kept<T, TKept>(IReadOnlyDictionary<string, T> sums, Func<T, bool> isZero, Func<T, TKept> kept) =>
        sums.Where(s => !isZero(s.Value)).ToDictionary(s => s.Key, s => kept(s.Value));
}
