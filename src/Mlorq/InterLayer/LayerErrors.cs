using Mlorq.Layers;
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
    private readonly Model _model;
    private readonly IReadOnlyList<RoundedLayer> _candidates;
    private readonly List<(string Name, Tensor Original)> _tensors;
    private readonly List<int> _quantized;
    private readonly RowErrors? _rows;
    private readonly SquareMean[] _sums;

    public LayerErrors(Model model, Layer layer, IReadOnlyList<RoundedLayer> candidates, PairErrors? pairs)
    {
        (_model, _candidates, Pairs) = (model, candidates, pairs);
        _tensors = [.. SimulatedWeights.NamesOf(layer).Select(name => (name, model.Graph.Initializer(name)!))];
        _sums = new SquareMean[candidates.Count];
        _quantized = [.. Enumerable.Range(0, candidates.Count).Where(c => candidates[c] is RoundedLayer.Dense or RoundedLayer.MixedRows)];
        if (layer is LinearLayer linear) _rows = new RowErrors(linear, [.. _quantized.Select(c => candidates[c])]);
    }

    /// <summary>The errors of low-rank pairs of all ranks, or null.</summary>
    public PairErrors? Pairs { get; }

    /// <summary>Whether there is nothing to price.</summary>
    public bool IsEmpty => Pairs is null && _candidates.Count == 0;

    /// <summary>The tensors by which to differentiate.</summary>
    public IReadOnlyList<string> Names => [.. _tensors.Select(t => t.Name)];

    /// <summary>The number of values in them.</summary>
    public long Length => _tensors.Sum(t => t.Original.Count);

    /// <summary>The price of each candidate after a number of samples.</summary>
    public IReadOnlyList<Price> Prices(int samples) => [.. _sums.Select(s => s.Over(samples))];

    /// <summary>Adds some samples: for each the gradients by tensor.</summary>
    public void Add(IReadOnlyList<IReadOnlyDictionary<string, Tensor>> gradients)
    {
        // No output depends on the layer.
        if (!gradients[0].ContainsKey(_tensors[0].Name)) return;
        foreach (var name in Names) EnsureFinite(name, gradients);
        Pairs?.Add(gradients);
        if (_rows is not null) AddRows(_rows.Products(gradients));
        foreach (var c in Enumerable.Range(0, _candidates.Count).Except(_quantized))
        {
            var stored = SimulatedWeights.Values(_model, _candidates[c]).ToDictionary(v => v.Name, v => v.Value);
            foreach (var sample in gradients) _sums[c].Add(Product(stored, sample));
        }
    }

    /// <summary>Writes the sums, so that <see cref="Read"/> can go on with them.</summary>
    public void Write(BinaryWriter writer)
    {
        foreach (var sum in _sums) sum.Write(writer);
        Pairs?.Write(writer);
    }

    /// <summary>Reads what <see cref="Write"/> wrote for the same candidates.</summary>
    public void Read(BinaryReader reader)
    {
        for (var i = 0; i < _sums.Length; i++) _sums[i].Read(reader);
        Pairs?.Read(reader);
    }

    private static void EnsureFinite(string name, IReadOnlyList<IReadOnlyDictionary<string, Tensor>> gradients)
    {
        foreach (var sample in gradients)
        {
            if (!sample.TryGetValue(name, out var gradient)) continue;
            foreach (var value in gradient.Floats)
            {
                if (!float.IsFinite(value))
                    throw new CalibrationException($"The gradient of the outputs by '{name}' is NaN or infinite for a calibration input. Check the preprocessing, or measure prices instead (--sensitivity measured).");
            }
        }
    }

    private void AddRows(double[,] products)
    {
        for (var c = 0; c < _quantized.Count; c++)
        {
            for (var s = 0; s < products.GetLength(1); s++) _sums[_quantized[c]].Add(products[c, s]);
        }
    }

    // A layer that is only converted keeps its bias.
    private double Product(Dictionary<string, Tensor> stored, IReadOnlyDictionary<string, Tensor> sample)
    {
        double sum = 0;
        foreach (var (name, original) in _tensors)
        {
            if (!stored.TryGetValue(name, out var value) || !sample.TryGetValue(name, out var gradient)) continue;
            var w = original.Floats;
            var q = value.Floats;
            var d = gradient.Floats;
            for (var k = 0; k < w.Length; k++) sum += ((double)w[k] - q[k]) * d[k];
        }

        return sum;
    }
}
