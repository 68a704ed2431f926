using System.Runtime.Intrinsics;
using Mlorq.Layers;
using Mlorq.Numerics;
using Mlorq.Onnx.Graphs;
using Mlorq.Quantization;
using Mlorq.Rewriting;
using Mlorq.Rounding;

namespace Mlorq.InterLayer;

/// <summary>
/// ⟨E, D_s⟩ of a linear layer's candidates in low-bit formats, summed row by row: so candidates that share a matrix, as those with rows of two widths
/// do, have it gone through once, and no matrix of errors is ever whole.
/// </summary>
internal sealed class RowErrors
{
    // A gradient has a weight's row as a column: a few at once, so that what a cache line brings is used.
    private const int RowsAtOnce = 16;

    // As many as a vector of errors is used for once it is there.
    private const int SamplesAtOnce = 4;

    private readonly LinearLayer _layer;
    private readonly IReadOnlyList<RoundedLayer> _candidates;
    private readonly List<QuantizedMatrix> _parts;

    /// <summary>Errors of candidates that are dense or have rows of two widths.</summary>
    public RowErrors(LinearLayer layer, IReadOnlyList<RoundedLayer> candidates)
    {
        (_layer, _candidates) = (layer, candidates);
        _parts = [.. candidates.SelectMany(PartsOf).Distinct(ReferenceEqualityComparer.Instance).Cast<QuantizedMatrix>()];
    }

    /// <summary>The products of all candidates [candidates, samples].</summary>
    /// <param name="gradients">For each sample the gradients by tensor, that of the weight as MatMul stores it, [in, out].</param>
    public double[,] Products(IReadOnlyList<IReadOnlyDictionary<string, Tensor>> gradients)
    {
        var rows = RowProducts(gradients);
        var result = new double[_candidates.Count, gradients.Count];
        for (var c = 0; c < _candidates.Count; c++)
        {
            var parts = PartsOf(_candidates[c]).Select(p => rows[p]).ToList();
            var isHigh = (_candidates[c] as RoundedLayer.MixedRows)?.IsHigh;
            var bias = BiasErrors(_candidates[c]);
            for (var s = 0; s < gradients.Count; s++)
            {
                double sum = 0;
                for (var i = 0; i < _layer.OutFeatures; i++) sum += parts[isHigh is not null && isHigh[i] ? 1 : 0][s, i];
                result[c, s] = sum + BiasProduct(bias, gradients[s]);
            }
        }

        return result;
    }

    private static IEnumerable<QuantizedMatrix> PartsOf(RoundedLayer candidate) => candidate switch
    {
        RoundedLayer.Dense dense => [dense.Weight],
        RoundedLayer.MixedRows mixed => [mixed.Low, mixed.High],
        _ => throw new ArgumentException($"No rows of {candidate.GetType().Name}.", nameof(candidate)),
    };

    // For each matrix, and each sample, what each row of W − Ŵ adds to the product, [samples, out].
    private Dictionary<QuantizedMatrix, float[,]> RowProducts(IReadOnlyList<IReadOnlyDictionary<string, Tensor>> gradients)
    {
        var result = new Dictionary<QuantizedMatrix, float[,]>(ReferenceEqualityComparer.Instance);
        foreach (var part in _parts) result.Add(part, new float[gradients.Count, _layer.OutFeatures]);
        var weights = new Matrix<float>(RowsAtOnce, _layer.InFeatures);
        var rows = gradients.Select(_ => new Matrix<float>(RowsAtOnce, _layer.InFeatures)).ToList();
        var codes = new float[_layer.InFeatures];
        Span<float> products = stackalloc float[SamplesAtOnce];
        for (var first = 0; first < _layer.OutFeatures; first += RowsAtOnce)
        {
            var count = Math.Min(RowsAtOnce, _layer.OutFeatures - first);
            LoadRows(_layer.Values.Floats[first..], count, weights);
            for (var s = 0; s < rows.Count; s++) LoadRows(gradients[s][_layer.TensorName].Floats[first..], count, rows[s]);
            for (var r = 0; r < count; r++)
            {
                foreach (var (part, sums) in result)
                {
                    part.CodesOfRow(first + r, codes);
                    for (var s = 0; s < rows.Count; s += SamplesAtOnce)
                    {
                        // Where samples are fewer the last one fills the places.
                        Multiply(part.Grids, first + r, codes, weights.Row(r), Row(s), Row(s + 1), Row(s + 2), Row(s + 3), products);
                        for (var k = 0; k < SamplesAtOnce && s + k < rows.Count; k++) sums[s + k, first + r] = products[k];
                    }
                }

                ReadOnlySpan<float> Row(int s) => rows[Math.Min(s, rows.Count - 1)].Row(r);
            }
        }

        return result;
    }

    // The products of one row of W − Ŵ with the same row of four gradients; what the row's codes stand for is made on the way and never written.
    private static void Multiply(
        GridTable grids, int row, ReadOnlySpan<float> codes, ReadOnlySpan<float> weights,
        ReadOnlySpan<float> a, ReadOnlySpan<float> b, ReadOnlySpan<float> c, ReadOnlySpan<float> d, Span<float> products)
    {
        var (sumA, sumB, sumC, sumD) = (Vector512<float>.Zero, Vector512<float>.Zero, Vector512<float>.Zero, Vector512<float>.Zero);
        products.Clear();
        for (var g = 0; g < grids.Groups; g++)
        {
            var (scale, zero) = (grids[row, g].Scale, grids[row, g].Zero);
            var (scales, zeros) = (Vector512.Create(scale), Vector512.Create(zero));
            var (j, end) = grids.SpanOf(0, g);
            for (; j <= end - Vector512<float>.Count; j += Vector512<float>.Count)
            {
                var error = Vector512.Create(weights[j..]) - (scales * (Vector512.Create(codes[j..]) - zeros));
                sumA = Vector512.MultiplyAddEstimate(error, Vector512.Create(a[j..]), sumA);
                sumB = Vector512.MultiplyAddEstimate(error, Vector512.Create(b[j..]), sumB);
                sumC = Vector512.MultiplyAddEstimate(error, Vector512.Create(c[j..]), sumC);
                sumD = Vector512.MultiplyAddEstimate(error, Vector512.Create(d[j..]), sumD);
            }

            for (; j < end; j++)
            {
                var error = weights[j] - (scale * (codes[j] - zero));
                products[0] += error * a[j];
                products[1] += error * b[j];
                products[2] += error * c[j];
                products[3] += error * d[j];
            }
        }

        products[0] += Vector512.Sum(sumA);
        products[1] += Vector512.Sum(sumB);
        products[2] += Vector512.Sum(sumC);
        products[3] += Vector512.Sum(sumD);
    }

    private void LoadRows(ReadOnlySpan<float> gradient, int count, Matrix<float> rows)
    {
        for (var j = 0; j < rows.Columns; j++)
        {
            var column = gradient.Slice(j * _layer.OutFeatures, count);
            for (var r = 0; r < count; r++) rows[r, j] = column[r];
        }
    }

    private float[] BiasErrors(RoundedLayer candidate)
    {
        if (_layer.Bias is not { } bias) return [];
        var stored = SimulatedWeights.BiasOf(candidate);
        return [.. bias.Values.Select((b, i) => b - stored[i])];
    }

    private double BiasProduct(float[] errors, IReadOnlyDictionary<string, Tensor> gradients)
    {
        double sum = 0;
        if (_layer.Bias is not { } bias || !gradients.TryGetValue(bias.TensorName, out var gradient)) return sum;
        var byBias = gradient.Floats;
        for (var i = 0; i < errors.Length; i++) sum += (double)errors[i] * byBias[i];
        return sum;
    }
}
