using System.Numerics;
using Mlorq.Numerics;
using Mlorq.Quantization;
using Mlorq.Rounding;

namespace Mlorq.InterLayer;

/// <summary>
/// ⟨E, D_s⟩ of candidates whose rows come from two matrices: a sum over rows, each of which has few errors to choose from. So the matrices are gone
/// through once, however many candidates share them.
/// </summary>
internal sealed class MixedRowsErrors
{
    private readonly IReadOnlyList<RoundedLayer.MixedRows> _candidates;
    private readonly float[] _originals;
    private readonly List<QuantizedMatrix> _parts;

    /// <param name="candidates">Candidates of one layer.</param>
    /// <param name="originals">Its weight as the graph stores it, [in, out], followed by its bias if it has one.</param>
    public MixedRowsErrors(IReadOnlyList<RoundedLayer.MixedRows> candidates, float[] originals)
    {
        (_candidates, _originals) = (candidates, originals);
        _parts = [.. candidates.SelectMany(c => new[] { c.Low, c.High }).Distinct(ReferenceEqualityComparer.Instance).Cast<QuantizedMatrix>()];
    }

    /// <summary>The products of all candidates [candidates, samples].</summary>
    /// <param name="d">D_s [samples, values], in the order of the originals.</param>
    public double[,] Products(Matrix<float> d)
    {
        var rows = _parts.ConvertAll(part => RowProducts(part, d));
        var result = new double[_candidates.Count, d.Rows];
        for (var c = 0; c < _candidates.Count; c++)
        {
            var candidate = _candidates[c];
            var (low, high) = (rows[_parts.FindIndex(p => ReferenceEquals(p, candidate.Low))], rows[_parts.FindIndex(p => ReferenceEquals(p, candidate.High))]);
            var bias = BiasErrors(candidate);
            for (var s = 0; s < d.Rows; s++)
            {
                double sum = 0;
                for (var i = 0; i < candidate.IsHigh.Length; i++) sum += candidate.IsHigh[i] ? high[s, i] : low[s, i];
                var gradient = d.Row(s)[(candidate.IsHigh.Length * candidate.Low.Grids.Columns)..];
                for (var i = 0; i < bias.Length; i++) sum += (double)bias[i] * gradient[i];
                result[c, s] = sum;
            }
        }

        return result;
    }

    // For each sample what each row of W − Ŵ adds to the product, [samples, out].
    private Matrix<float> RowProducts(QuantizedMatrix part, Matrix<float> d)
    {
        var (outFeatures, inFeatures) = (part.Grids.Rows, part.Grids.Columns);
        var error = part.Dequantize().Transpose();
        for (var k = 0; k < error.Values.Length; k++) error.Values[k] = _originals[k] - error.Values[k];
        var result = new Matrix<float>(d.Rows, outFeatures);
        for (var s = 0; s < d.Rows; s++)
        {
            for (var j = 0; j < inFeatures; j++) AddProducts(error.Row(j), d.Row(s).Slice(j * outFeatures, outFeatures), result.Row(s));
        }

        return result;
    }

    private static void AddProducts(ReadOnlySpan<float> a, ReadOnlySpan<float> b, Span<float> sums)
    {
        var i = 0;
        for (; i <= sums.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            (new Vector<float>(sums[i..]) + (new Vector<float>(a[i..]) * new Vector<float>(b[i..]))).CopyTo(sums[i..]);
        }

        for (; i < sums.Length; i++) sums[i] += a[i] * b[i];
    }

    // Biases are stored in half precision.
    private float[] BiasErrors(RoundedLayer.MixedRows candidate)
    {
        var first = _originals.Length - candidate.Bias.Length;
        return [.. candidate.Bias.Select((b, i) => _originals[first + i] - (float)(Half)b)];
    }
}
