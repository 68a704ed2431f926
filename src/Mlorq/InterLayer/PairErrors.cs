using System.Runtime.Intrinsics;
using Mlorq.IntraLayer;
using Mlorq.Layers;
using Mlorq.Numerics;
using Mlorq.Onnx.Graphs;

namespace Mlorq.InterLayer;

/// <summary>
/// The same for the low-rank pairs of a layer, all ranks at once (method, "How C, q and the costs are computed"): with P = D_s Rightᵀ, the sums over
/// k ≤ r of ⟨Left_:k, P_:k⟩ are what rank r keeps of ⟨W, D_s⟩.
/// </summary>
internal sealed class PairErrors
{
    private readonly LinearLayer _layer;
    private readonly FactorPairs _pairs;
    private readonly double[] _mean;
    private readonly SquareMean[,][] _sums;

    /// <summary>Sums for all pairs of a layer.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="pairs">Its pairs.</param>
    /// <param name="mean">E[x], [in]: a bias makes up for the mean error.</param>
    public PairErrors(LinearLayer layer, FactorPairs pairs, double[] mean)
    {
        (_layer, _pairs, _mean) = (layer, pairs, mean);
        _sums = new SquareMean[pairs.Lefts.Count, pairs.Rights.Count][];
        for (var l = 0; l < pairs.Lefts.Count; l++)
        {
            for (var r = 0; r < pairs.Rights.Count; r++) _sums[l, r] = new SquareMean[pairs.Rights[0].Values.Rows + 1];
        }
    }

    /// <summary>The expected noise-to-signal of all ranks of a pair of widths; element 0 is that of nothing at all.</summary>
    public double[] Prices(int left, int right, int samples) => Array.ConvertAll(_sums[left, right], s => s.Over(samples).NoiseToSignal);

    /// <summary>Adds some samples: for each the gradients by tensor.</summary>
    public void Add(IReadOnlyList<IReadOnlyDictionary<string, Tensor>> gradients)
    {
        foreach (var sample in gradients)
        {
            var d = Effective(sample);
            double whole = 0;
            for (var i = 0; i < d.Values.Length; i++) whole += (double)d.Values[i] * _layer.Weight.Values[i];
            for (var r = 0; r < _pairs.Rights.Count; r++)
            {
                var p = MatrixProduct.MultiplyTransposed(d, _pairs.Rights[r].Values);
                for (var l = 0; l < _pairs.Lefts.Count; l++) Add(_sums[l, r], whole, Kept(_pairs.Lefts[l].Values, p));
            }
        }
    }

    private static void Add(SquareMean[] sums, double whole, float[] kept)
    {
        sums[0].Add(whole);
        for (var k = 0; k < kept.Length; k++)
        {
            whole -= kept[k];
            sums[k + 1].Add(whole);
        }
    }

    private static float[] Kept(Matrix<float> left, Matrix<float> p)
    {
        var kept = new float[left.Columns];
        for (var i = 0; i < left.Rows; i++) AddProducts(left.Row(i), p.Row(i), kept);
        return kept;
    }

    private static void AddProducts(ReadOnlySpan<float> a, ReadOnlySpan<float> b, Span<float> sums)
    {
        var k = 0;
        for (; k <= sums.Length - Vector512<float>.Count; k += Vector512<float>.Count)
        {
            (Vector512.Create<float>(sums[k..]) + (Vector512.Create(a[k..]) * Vector512.Create(b[k..]))).CopyTo(sums[k..]);
        }

        for (; k < sums.Length; k++) sums[k] += a[k] * b[k];
    }

    // D [out, in], which comes as MatMul stores weights. The bias takes back E[x]ᵀ times the error, whose effect is the gradient's by the bias.
    private Matrix<float> Effective(IReadOnlyDictionary<string, Tensor> gradients)
    {
        var d = new Matrix<float>(_layer.InFeatures, _layer.OutFeatures, gradients[_layer.TensorName].Floats.ToArray()).Transpose();
        if (_layer.Bias is not { } bias || !gradients.TryGetValue(bias.TensorName, out var byBias)) return d;
        for (var i = 0; i < d.Rows; i++)
        {
            var b = byBias.Floats[i];
            var row = d.Row(i);
            for (var j = 0; j < row.Length; j++) row[j] -= (float)_mean[j] * b;
        }

        return d;
    }
}
