using System.Runtime.Intrinsics;
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
    /// <param name="originals">Its weight [out, in], followed by its bias if it has one.</param>
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
        var result = new Matrix<float>(d.Rows, outFeatures);
        var error = new float[inFeatures];
        for (var i = 0; i < outFeatures; i++)
        {
            part.DequantizeRow(i, error);
            for (var j = 0; j < inFeatures; j++) error[j] = _originals[(i * inFeatures) + j] - error[j];
            for (var s = 0; s < d.Rows; s++) result[s, i] = Dot(error, d.Row(s).Slice(i * inFeatures, inFeatures));
        }

        return result;
    }

    private static float Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        var sums = Vector512<float>.Zero;
        var i = 0;
        for (; i <= a.Length - Vector512<float>.Count; i += Vector512<float>.Count) sums += Vector512.Create(a[i..]) * Vector512.Create(b[i..]);
        var sum = Vector512.Sum(sums);
        for (; i < a.Length; i++) sum += a[i] * b[i];
        return sum;
    }

    // Biases are stored in half precision.
    private float[] BiasErrors(RoundedLayer.MixedRows candidate)
    {
        var first = _originals.Length - candidate.Bias.Length;
        return [.. candidate.Bias.Select((b, i) => _originals[first + i] - (float)(Half)b)];
    }
}
