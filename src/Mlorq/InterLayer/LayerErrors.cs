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
    private readonly Layer _layer;
    private readonly IReadOnlyList<RoundedLayer> _candidates;
    private readonly List<string> _names;
    private readonly List<float[]> _originals;
    private readonly int _length;
    private readonly SquareMean[] _sums;

    public LayerErrors(Model model, Layer layer, IReadOnlyList<RoundedLayer> candidates, PairErrors? pairs)
    {
        (_model, _layer, _candidates, Pairs) = (model, layer, candidates, pairs);
        _names = [.. SimulatedWeights.NamesOf(layer)];
        _originals = _names.ConvertAll(n => model.Graph.Initializer(n)!.Floats.ToArray());
        _length = _originals.Sum(o => o.Length);
        _sums = new SquareMean[candidates.Count];
    }

    /// <summary>The errors of low-rank pairs of all ranks, or null.</summary>
    public PairErrors? Pairs { get; }

    /// <summary>The tensors by which to differentiate.</summary>
    public IReadOnlyList<string> Names => _names;

    /// <summary>The number of values in them.</summary>
    public int Length => _length;

    /// <summary>The price of each candidate after a number of samples.</summary>
    public IReadOnlyList<Price> Prices(int samples) => [.. _sums.Select(s => s.Over(samples))];

    /// <summary>Adds some samples: for each the gradients by tensor.</summary>
    public void Add(IReadOnlyList<IReadOnlyDictionary<string, Tensor>> gradients)
    {
        // No output depends on the layer.
        if (!gradients[0].ContainsKey(_names[0])) return;
        Pairs?.Add(gradients);
        var d = Rows(gradients.Count, s => _names.Select((name, i) => gradients[s].TryGetValue(name, out var t) ? t.Floats.ToArray() : new float[_originals[i].Length]));
        for (var first = 0; first < _candidates.Count; first += CandidatesAtOnce)
        {
            var count = Math.Min(CandidatesAtOnce, _candidates.Count - first);
            var errors = Rows(count, c => ErrorsOf(_candidates[first + c]));
            var products = MatrixProduct.MultiplyTransposed(errors, d);
            for (var c = 0; c < count; c++)
            {
                for (var s = 0; s < gradients.Count; s++) _sums[first + c].Add(products[c, s]);
            }
        }
    }

    private IEnumerable<float[]> ErrorsOf(RoundedLayer candidate) => SimulatedWeights.Values(_model, candidate).Select((stored, i) =>
    {
        var error = (float[])_originals[i].Clone();
        var values = stored.Value.Floats;
        for (var k = 0; k < error.Length; k++) error[k] -= values[k];
        return error;
    });

    private Matrix<float> Rows(int count, Func<int, IEnumerable<float[]>> parts)
    {
        var result = new Matrix<float>(count, _length);
        for (var i = 0; i < count; i++)
        {
            var offset = 0;
            foreach (var part in parts(i))
            {
                part.CopyTo(result.Row(i)[offset..]);
                offset += part.Length;
            }
        }

        return result;
    }
}
