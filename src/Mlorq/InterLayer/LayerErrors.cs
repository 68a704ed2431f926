using Mlorq.Layers;
using Mlorq.Numerics;
using Mlorq.Onnx.Graphs;
using Mlorq.Rewriting;
using Mlorq.Rounding;

namespace Mlorq.InterLayer;

/// <summary>
/// The weight errors E of a layer's candidates, bias correction and conversions included, while sample gradients D_s stream past: sums of ⟨E, D_s⟩²
/// are kept, D_s is not.
/// </summary>
internal sealed class LayerErrors
{
    // Errors are made from codes again for every chunk of samples, some candidates at a time.
    private const int CandidatesAtOnce = 8;

    private readonly Model _model;
    private readonly LinearLayer? _linear;
    private readonly IReadOnlyList<RoundedLayer> _candidates;
    private readonly List<int> _whole;
    private readonly List<int> _mixed;
    private readonly MixedRowsErrors _mixedErrors;
    private readonly List<(string Name, int Length)> _parts;
    private readonly float[] _originals;
    private readonly int _length;
    private readonly SquareMean[] _sums;

    public LayerErrors(Model model, Layer layer, IReadOnlyList<RoundedLayer> candidates, PairErrors? pairs)
    {
        (_model, _linear, _candidates, Pairs) = (model, layer as LinearLayer, candidates, pairs);
        var tensors = SimulatedWeights.NamesOf(layer).ToDictionary(name => name, name => model.Graph.Initializer(name)!);
        _parts = [.. tensors.Select(t => (t.Key, (int)t.Value.Count))];
        _length = _parts.Sum(p => p.Length);
        _originals = new float[_length];
        Fill(_originals, name => tensors[name]);
        _sums = new SquareMean[candidates.Count];
        _whole = [.. Enumerable.Range(0, candidates.Count).Where(c => candidates[c] is not RoundedLayer.MixedRows)];
        _mixed = [.. Enumerable.Range(0, candidates.Count).Except(_whole)];
        _mixedErrors = new MixedRowsErrors([.. _mixed.Select(c => (RoundedLayer.MixedRows)candidates[c])], _originals);
    }

    /// <summary>The errors of low-rank pairs of all ranks, or null.</summary>
    public PairErrors? Pairs { get; }

    /// <summary>The tensors by which to differentiate.</summary>
    public IReadOnlyList<string> Names => [.. _parts.Select(p => p.Name)];

    /// <summary>The number of values in them.</summary>
    public int Length => _length;

    /// <summary>The price of each candidate after a number of samples.</summary>
    public IReadOnlyList<Price> Prices(int samples) => [.. _sums.Select(s => s.Over(samples))];

    /// <summary>Adds some samples: for each the gradients by tensor.</summary>
    /// <returns>The number of samples.</returns>
    public int Add(IReadOnlyList<IReadOnlyDictionary<string, Tensor>> gradients)
    {
        // No output depends on the layer.
        if (!gradients[0].ContainsKey(_parts[0].Name)) return gradients.Count;
        Pairs?.Add(gradients);
        var d = new Matrix<float>(gradients.Count, _length);
        for (var s = 0; s < gradients.Count; s++) Fill(d.Row(s), name => gradients[s].GetValueOrDefault(name));
        AddWhole(d);
        var products = _mixedErrors.Products(d);
        for (var c = 0; c < _mixed.Count; c++)
        {
            for (var s = 0; s < d.Rows; s++) _sums[_mixed[c]].Add(products[c, s]);
        }

        return gradients.Count;
    }

    private void AddWhole(Matrix<float> d)
    {
        for (var first = 0; first < _whole.Count; first += CandidatesAtOnce)
        {
            var count = Math.Min(CandidatesAtOnce, _whole.Count - first);
            var errors = new Matrix<float>(count, _length);
            for (var c = 0; c < count; c++) FillErrors(errors.Row(c), _candidates[_whole[first + c]]);
            var products = MatrixProduct.MultiplyTransposed(errors, d);
            for (var c = 0; c < count; c++)
            {
                for (var s = 0; s < d.Rows; s++) _sums[_whole[first + c]].Add(products[c, s]);
            }
        }
    }

    private void FillErrors(Span<float> row, RoundedLayer candidate)
    {
        if (SimulatedWeights.LinearOf(candidate) is { } values)
        {
            values.Weight.Values.CopyTo(row);
            values.Bias.CopyTo(row[values.Weight.Values.Length..]);
        }
        else
        {
            // A layer that is only converted keeps its bias.
            _originals.CopyTo(row);
            var stored = SimulatedWeights.Values(_model, candidate).ToDictionary(v => v.Name, v => v.Value);
            Fill(row, name => stored.GetValueOrDefault(name));
        }

        for (var k = 0; k < row.Length; k++) row[k] = _originals[k] - row[k];
    }

    // All tensors of the layer one after the other, the matrix of a linear layer as [out, in]; what is missing is left as it is.
    private void Fill(Span<float> row, Func<string, Tensor?> values)
    {
        foreach (var (name, length) in _parts)
        {
            if (values(name) is { } tensor)
            {
                if (_linear?.TensorName == name) Transpose(tensor.Floats, _linear, row);
                else tensor.Floats.CopyTo(row);
            }

            row = row[length..];
        }
    }

    // From [in, out], as MatMul stores weights. In tiles: one of the two sides jumps from row to row.
    private static void Transpose(ReadOnlySpan<float> from, LinearLayer layer, Span<float> to)
    {
        const int Tile = 16;
        var (rows, columns) = (layer.OutFeatures, layer.InFeatures);
        for (var top = 0; top < rows; top += Tile)
        {
            for (var left = 0; left < columns; left += Tile)
            {
                for (var i = top; i < Math.Min(rows, top + Tile); i++)
                {
                    for (var j = left; j < Math.Min(columns, left + Tile); j++) to[(i * columns) + j] = from[(j * rows) + i];
                }
            }
        }
    }
}
