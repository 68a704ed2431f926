using Mlorq.IntraLayer;
using Mlorq.Layers;
using Mlorq.Onnx.Graphs;
using Mlorq.Rewriting;
using Mlorq.Rounding;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace Mlorq.InterLayer;

/// <summary>
/// The weight errors E of a layer's candidates, bias correction and conversions included, while sample gradients D_s stream past: sums of ⟨E, D_s⟩²
/// are kept, D_s is not.
/// </summary>
internal sealed class LayerErrors
{
    // Low-rank pairs are priced by every so many samples, their products being long.
    private const int PairsEvery = 4;

    private readonly Model _model;
    private readonly IReadOnlyList<RoundedLayer> _candidates;
    private readonly List<(string Name, Tensor Original)> _tensors;
    private readonly List<int> _quantized;
    private readonly RowErrors? _rows;
    private readonly KernelErrors? _kernel;
    private readonly SquareMean[] _sums;

    // Of candidates of neither, made when they are needed first.
    private readonly List<(string Name, float[] Values)>?[] _errors;

    // What quantized candidates have in the samples that pairs are priced by.
    private double _besidePairs;

    public LayerErrors(Model model, Layer layer, IReadOnlyList<RoundedLayer> candidates, PairErrors? pairs)
    {
        (_model, _candidates, Pairs) = (model, candidates, pairs);
        _tensors = [.. SimulatedWeights.NamesOf(layer).Select(name => (name, model.Graph.Initializer(name)!))];
        (_sums, _errors) = (new SquareMean[candidates.Count], new List<(string, float[])>?[candidates.Count]);
        _quantized = [.. Enumerable.Range(0, candidates.Count).Where(c => candidates[c] is RoundedLayer.Dense or RoundedLayer.MixedRows)];
        if (layer is KernelLayer kernel) _kernel = new KernelErrors(kernel, candidates);
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

    /// <summary>
    /// A first estimate of the prices of all ranks of a pair of widths. Pairs are priced by fewer samples; how much dearer the layer's errors are in all of
    /// them, its quantized candidates tell.
    /// </summary>
    public Price[] PairPrices(int left, int right, int samples)
    {
        var few = (samples + PairsEvery - 1) / PairsEvery;
        var (all, beside) = (_quantized.Sum(c => _sums[c].Over(samples).NoiseToSignal), _besidePairs / few);
        return Array.ConvertAll(Pairs!.Prices(left, right, few), p => beside > 0 ? p.Times(all / beside) : p);
    }

    /// <summary>Adds some samples: for each the gradients by tensor.</summary>
    /// <param name="first">The number of samples before them.</param>
    /// <param name="gradients">The samples.</param>
    public void Add(int first, IReadOnlyList<IReadOnlyDictionary<string, Tensor>> gradients)
    {
        // No output depends on the layer.
        if (!gradients[0].ContainsKey(_tensors[0].Name)) return;
        foreach (var name in Names) EnsureFinite(name, gradients);
        Pairs?.Add(gradients.Where((_, s) => IsForPairs(first + s)));
        if (_rows is not null) AddRows(first, _rows.Products(gradients));
        if (_kernel is not null)
        {
            AddKernel(_kernel.Products(gradients));
            return;
        }

        foreach (var c in Enumerable.Range(0, _candidates.Count).Except(_quantized))
        {
            if (_candidates[c].Candidate is Candidate.Single) continue;
            var errors = _errors[c] ??= ErrorsOf(_candidates[c]);
            foreach (var sample in gradients) _sums[c].Add(Product(errors, sample));
        }
    }

    /// <summary>Writes the sums, so that <see cref="Read"/> can go on with them.</summary>
    public void Write(BinaryWriter writer)
    {
        foreach (var sum in _sums) sum.Write(writer);
        writer.Write(_besidePairs);
        Pairs?.Write(writer);
    }

    /// <summary>Reads what <see cref="Write"/> wrote for the same candidates.</summary>
    public void Read(BinaryReader reader)
    {
        for (var i = 0; i < _sums.Length; i++) _sums[i].Read(reader);
        _besidePairs = reader.ReadDouble();
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

    private static bool IsForPairs(int sample) => sample % PairsEvery == 0;

    private void AddRows(int first, double[,] products)
    {
        for (var c = 0; c < _quantized.Count; c++)
        {
            for (var s = 0; s < products.GetLength(1); s++)
            {
                _sums[_quantized[c]].Add(products[c, s]);
                if (IsForPairs(first + s)) _besidePairs += products[c, s] * products[c, s];
            }
        }
    }

    private void AddKernel(double[,] products)
    {
        for (var c = 0; c < _candidates.Count; c++)
        {
            for (var s = 0; s < products.GetLength(1); s++) _sums[c].Add(products[c, s]);
        }
    }

    // A layer that is only converted keeps its bias.
    private List<(string Name, float[] Values)> ErrorsOf(RoundedLayer candidate)
    {
        var stored = SimulatedWeights.Values(_model, candidate).ToDictionary(v => v.Name, v => v.Value);
        var errors = new List<(string, float[])>();
        foreach (var (name, original) in _tensors)
        {
            if (!stored.TryGetValue(name, out var value)) continue;
            var error = new float[original.Count];
            TensorPrimitives.Subtract(original.Floats, value.Floats, error);
            errors.Add((name, error));
        }

        return errors;
    }

    private static double Product(List<(string Name, float[] Values)> errors, IReadOnlyDictionary<string, Tensor> sample)
    {
        double sum = 0;
        foreach (var (name, error) in errors)
        {
            if (sample.TryGetValue(name, out var gradient)) sum += TensorPrimitives.Dot(error, gradient.Floats);
        }

        return sum;
    }
}
