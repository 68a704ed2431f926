using System.Buffers;
using System.Runtime.Intrinsics;
using Mlorq.IntraLayer;
using Mlorq.Layers;
using Mlorq.Numerics;
using Mlorq.Onnx.Graphs;
using Mlorq.Quantization;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace Mlorq.InterLayer;

/// <summary>
/// The same for the low-rank pairs of a layer, all ranks at once (docs/method.md, step 7): with P = D_s Rightᵀ, the sums over
/// k ≤ r of ⟨Left_:k, P_:k⟩ are what rank r keeps of ⟨W, D_s⟩.
/// </summary>
internal sealed class PairErrors
{
    private static ArrayPool<float> Pool => ArrayPool<float>.Shared;

    private readonly LinearLayer _layer;
    private readonly Matrix<float> _weight;
    private readonly FactorPairs _pairs;
    private readonly double[] _mean;
    private readonly int _ranks;
    private readonly SquareMean[,][] _sums;

    /// <summary>Sums for all pairs of a layer.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="pairs">Its pairs.</param>
    /// <param name="mean">E[x], [in]: a bias makes up for the mean error.</param>
    public PairErrors(LinearLayer layer, FactorPairs pairs, double[] mean)
    {
        (_layer, _weight, _pairs, _mean) = (layer, layer.ToMatrix(), pairs, mean);
        _ranks = pairs.Rights[0].Grids.Rows;
        _sums = new SquareMean[pairs.Lefts.Count, pairs.Rights.Count][];
        for (var l = 0; l < pairs.Lefts.Count; l++)
        {
            for (var r = 0; r < pairs.Rights.Count; r++) _sums[l, r] = new SquareMean[_ranks + 1];
        }
    }

    /// <summary>The prices of all ranks of a pair of widths; element 0 is that of nothing at all.</summary>
    public Price[] Prices(int left, int right, int samples) => Array.ConvertAll(_sums[left, right], s => s.Over(samples));

    /// <summary>Adds some samples: for each the gradients by tensor.</summary>
    public void Add(IEnumerable<IReadOnlyDictionary<string, Tensor>> gradients)
    {
        var (rows, columns, rights) = (_layer.OutFeatures, _layer.InFeatures, _pairs.Rights.Count);
        // Rented: one of each for every layer is much, and new ones for every sample would pile up.
        var (gradient, right, projected) = (Pool.Rent(rows * columns), Pool.Rent(_ranks * columns), Pool.Rent(rights * rows * _ranks));
        foreach (var sample in gradients)
        {
            var whole = LoadGradient(sample, gradient);
            var p = projected.AsSpan(0, rights * rows * _ranks);
            p.Clear();
            for (var r = 0; r < rights; r++)
            {
                for (var k = 0; k < _ranks; k++) _pairs.Rights[r].DequantizeRow(k, right.AsSpan(k * columns, columns));
                MatrixProduct.MultiplyAdd(
                    1, gradient, columns, Transposition.None, right, columns, Transposition.Transposed, p[(r * rows * _ranks)..], _ranks, rows, _ranks, columns);
            }

            for (var l = 0; l < _pairs.Lefts.Count; l++)
            {
                var kept = Kept(_pairs.Lefts[l], p, rights);
                for (var r = 0; r < rights; r++) Add(_sums[l, r], whole, kept[r]);
            }
        }

        Pool.Return(gradient);
        Pool.Return(right);
        Pool.Return(projected);
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

    // Row by row: Left as a whole is there in its codes alone.
    private static float[][] Kept(QuantizedMatrix left, ReadOnlySpan<float> projected, int rights)
    {
        var (rows, ranks) = (left.Grids.Rows, left.Grids.Columns);
        var (kept, row) = (Enumerable.Range(0, rights).Select(_ => new float[ranks]).ToArray(), new float[ranks]);
        for (var i = 0; i < rows; i++)
        {
            left.DequantizeRow(i, row);
            for (var r = 0; r < rights; r++) AddProducts(row, projected.Slice(((r * rows) + i) * ranks, ranks), kept[r]);
        }

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
    // Returns ⟨W, D⟩.
    private double LoadGradient(IReadOnlyDictionary<string, Tensor> gradients, float[] gradient)
    {
        var d = gradients[_layer.TensorName].Floats;
        var (rows, columns) = (_layer.OutFeatures, _layer.InFeatures);
        var byBias = _layer.Bias is { } bias && gradients.TryGetValue(bias.TensorName, out var b) ? b.Floats : [];
        double whole = 0;
        for (var i = 0; i < rows; i++)
        {
            var row = gradient.AsSpan(i * columns, columns);
            var own = byBias.Length > 0 ? byBias[i] : 0;
            for (var j = 0; j < row.Length; j++) row[j] = d[(j * rows) + i] - ((float)_mean[j] * own);
            whole += TensorPrimitives.Dot<float>(row, _weight.Row(i));
        }

        return whole;
    }
}
