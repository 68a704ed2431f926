using System.Runtime.Intrinsics;
using Mlorq.IntraLayer;
using Mlorq.Layers;
using Mlorq.Numerics;
using Mlorq.Onnx.Graphs;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace Mlorq.InterLayer;

/// <summary>
/// The same for the low-rank pairs of a layer, all ranks at once (docs/method.md, step 7): with P = D_s Rightᵀ, the sums over
/// k ≤ r of ⟨Left_:k, P_:k⟩ are what rank r keeps of ⟨W, D_s⟩.
/// </summary>
internal sealed class PairErrors
{
    private readonly LinearLayer _layer;
    private readonly FactorPairs _pairs;
    private readonly double[] _mean;

    // Used again and again: new ones of this size for each sample would pile up.
    private readonly Matrix<float> _gradient;
    private readonly Matrix<float> _projected;
    private readonly SquareMean[,][] _sums;

    /// <summary>Sums for all pairs of a layer.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="pairs">Its pairs.</param>
    /// <param name="mean">E[x], [in]: a bias makes up for the mean error.</param>
    public PairErrors(LinearLayer layer, FactorPairs pairs, double[] mean)
    {
        (_layer, _pairs, _mean) = (layer, pairs, mean);
        _gradient = new Matrix<float>(layer.OutFeatures, layer.InFeatures);
        _projected = new Matrix<float>(layer.OutFeatures, pairs.Rights[0].Values.Rows);
        _sums = new SquareMean[pairs.Lefts.Count, pairs.Rights.Count][];
        for (var l = 0; l < pairs.Lefts.Count; l++)
        {
            for (var r = 0; r < pairs.Rights.Count; r++) _sums[l, r] = new SquareMean[pairs.Rights[0].Values.Rows + 1];
        }
    }

    /// <summary>The prices of all ranks of a pair of widths; element 0 is that of nothing at all.</summary>
    public Price[] Prices(int left, int right, int samples) => Array.ConvertAll(_sums[left, right], s => s.Over(samples));

    /// <summary>Adds some samples: for each the gradients by tensor.</summary>
    public void Add(IEnumerable<IReadOnlyDictionary<string, Tensor>> gradients)
    {
        foreach (var sample in gradients)
        {
            LoadGradient(sample);
            double whole = 0;
            for (var i = 0; i < _gradient.Rows; i++) whole += TensorPrimitives.Dot<float>(_gradient.Row(i), _layer.Weight.Row(i));
            for (var r = 0; r < _pairs.Rights.Count; r++)
            {
                Array.Clear(_projected.Values);
                var right = _pairs.Rights[r].Values;
                MatrixProduct.MultiplyAdd(
                    1, _gradient.Values, _gradient.Columns, Transposition.None, right.Values, right.Columns, Transposition.Transposed,
                    _projected.Values, _projected.Columns, _projected.Rows, _projected.Columns, _gradient.Columns);
                for (var l = 0; l < _pairs.Lefts.Count; l++) Add(_sums[l, r], whole, Kept(_pairs.Lefts[l].Values, _projected));
            }
        }
    }

    /// <summary>Writes the sums, so that <see cref="Read"/> can go on with them.</summary>
    public void Write(BinaryWriter writer)
    {
        foreach (var sums in _sums)
        {
            foreach (var sum in sums) sum.Write(writer);
        }
    }

    /// <summary>Reads what <see cref="Write"/> wrote for the same pairs.</summary>
    public void Read(BinaryReader reader)
    {
        foreach (var sums in _sums)
        {
            for (var i = 0; i < sums.Length; i++) sums[i].Read(reader);
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
    private void LoadGradient(IReadOnlyDictionary<string, Tensor> gradients)
    {
        var d = gradients[_layer.TensorName].Floats;
        var byBias = _layer.Bias is { } bias && gradients.TryGetValue(bias.TensorName, out var b) ? b.Floats : [];
        for (var i = 0; i < _gradient.Rows; i++)
        {
            var row = _gradient.Row(i);
            var own = byBias.Length > 0 ? byBias[i] : 0;
            for (var j = 0; j < row.Length; j++) row[j] = d[(j * _gradient.Rows) + i] - ((float)_mean[j] * own);
        }
    }
}
