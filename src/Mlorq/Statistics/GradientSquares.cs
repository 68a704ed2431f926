using Mlorq.InterLayer;
using Mlorq.Layers;
using Mlorq.Numerics;
using Mlorq.Onnx.Graphs;

namespace Mlorq.Statistics;

/// <summary>Squares of the gradients by linear layers, summed over samples s; only their proportions within a layer count.</summary>
/// <param name="Rows">By tensor: q [out], the sum over s of ‖row i of D_s‖².</param>
/// <param name="Tokens">By tensor: [in, in], the sum of ‖g_t‖² x_t x_tᵀ over tokens t, see <see cref="TokenMoments"/>; empty where it was not asked for.</param>
/// <param name="Outputs">By tensor: G [out, out], the sum of g_t g_tᵀ over tokens t, see <see cref="OutputMoments"/>; empty where it was not asked for.</param>
/// <param name="Hessians">By tensor: H [out, in], the sum over s of D_s ∘ D_s, the paper's label-free Hessian diagonal; empty where it was not asked for.</param>
public sealed record GradientSquares(
    IReadOnlyDictionary<string, double[]> Rows,
    IReadOnlyDictionary<string, Matrix<double>> Tokens,
    IReadOnlyDictionary<string, Matrix<double>> Outputs,
    IReadOnlyDictionary<string, Matrix<double>> Hessians)
{
    /// <summary>The sums with their halves, by tensor, until it is settled how far they can be trusted.</summary>
    internal (IReadOnlyDictionary<string, HalvedSum> Tokens, IReadOnlyDictionary<string, HalvedSum> Outputs)? Halved { get; init; }

    /// <summary>q of a layer; null where its gradient is zero or unknown.</summary>
    public double[]? RowsOf(LinearLayer layer) => Rows.GetValueOrDefault(layer.TensorName);

    /// <summary>The weighted moments of a layer's inputs; null where its gradient is zero or unknown.</summary>
    public Matrix<double>? TokensOf(LinearLayer layer) => Tokens.GetValueOrDefault(layer.TensorName);

    /// <summary>G of a layer; null where its gradient is zero or unknown.</summary>
    public Matrix<double>? OutputsOf(LinearLayer layer) => Outputs.GetValueOrDefault(layer.TensorName);

    /// <summary>H of a layer; null where its gradient is zero or unknown.</summary>
    public Matrix<double>? HessianOf(LinearLayer layer) => Hessians.GetValueOrDefault(layer.TensorName);

    /// <summary>A pass over the first samples for what a weighting needs.</summary>
    internal static GradientSquares Collect(SampleGradients gradients, FoundLayers layers, ErrorWeighting weighting, int samples, RunSettings run)
    {
        var linear = layers.Linear.ToList();
        var rows = linear.ToDictionary(l => l.TensorName, l => new double[l.OutFeatures]);
        List<LinearLayer> counted = weighting.WeighsTokens() ? linear : [];
        List<LinearLayer> summed = weighting == ErrorWeighting.TokenMomentsAndOutputs ? linear : [];
        var tokens = counted.ToDictionary(l => l.TensorName, l => HalvedSum.Zero(l.InFeatures));
        var outputs = summed.ToDictionary(l => l.TensorName, l => HalvedSum.Zero(l.OutFeatures));
        // D itself leaves the graph only where each of its elements is wanted.
        List<LinearLayer> whole = weighting == ErrorWeighting.DiagonalHessian ? linear : [];
        var hessians = whole.ToDictionary(l => l.TensorName, l => new Matrix<double>(l.OutFeatures, l.InFeatures));
        var total = Math.Min(samples, gradients.Count);
        using var pass = gradients.Pass(
            [.. linear.Select(l => l.TensorName), .. counted.SelectMany(TokenMoments.OutputsOf)], graph => RowSquares.Extend(TokenMoments.Extend(OutputMoments.Extend(graph, summed), counted), linear, whole));
        OrderedWork.Run(total, run, pass.Run, (s, lent) =>
        {
            using (lent) Add(lent.ByWeight, gradients.IsOfHalf(s));
            run.Report(CompressionStep.Gradients, s + 1, total);
        });
        return new GradientSquares(WithoutZeros(rows, r => r), Wholes(tokens), Wholes(outputs), WithoutZeros(hessians, h => h.Values)) { Halved = (tokens, outputs) };

        void Add(IReadOnlyDictionary<string, Tensor> gradient, bool isOfHalf)
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
                foreach (var moments in names.Select(gradient.GetValueOrDefault).OfType<Tensor>()) sum.Add(moments.Floats, isOfHalf);
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

    private static Dictionary<string, Matrix<double>> Wholes(Dictionary<string, HalvedSum> sums) => WithoutZeros(sums.ToDictionary(s => s.Key, s => s.Value.Whole), s => s.Values);

    // Layers that no output depends on.
    private static Dictionary<string, T> WithoutZeros<T>(Dictionary<string, T> sums, Func<T, double[]> values) =>
        sums.Where(s => Array.Exists(values(s.Value), v => v > 0)).ToDictionary(s => s.Key, s => s.Value);
}
