using Mlorq.InterLayer;
using Mlorq.IntraLayer;
using Mlorq.Layers;
using Mlorq.Quantization;

namespace Mlorq.Timing;

/// <summary>How long each layer takes in each form, and the rest of the model, by a table of kernel times for a runtime profile.</summary>
public sealed class LayerTimes
{
    /// <summary>The way in which all linear layers are stored for the rest of the model to be measured.</summary>
    public static WeightFormat Plain { get; } = new(BitWidth.Four, Granularity.PerOutputChannel, Symmetry.Symmetric);

    private readonly RuntimeProfile _runtime;
    private readonly Dictionary<string, IReadOnlyList<ProductShape>> _layers;
    private readonly Dictionary<(ProductShape, string), List<(int Rank, double Microseconds)>> _products;

    private LayerTimes(KernelTable table, RuntimeProfile runtime)
    {
        _runtime = runtime;
        (Table, TableHash) = (table, table.Hash);
        _layers = table.Layers.ToDictionary(l => l.Name, l => l.Products);
        _products = table.Products.GroupBy(p => (p.Shape, p.Form.Name)).ToDictionary(g => g.Key, g => g.Select(p => (p.Form.Rank, p.Time.Microseconds)).OrderBy(p => p.Rank).ToList());
    }

    /// <summary>The table.</summary>
    public KernelTable Table { get; }

    /// <summary>What plans and files name the table by.</summary>
    internal string TableHash { get; }

    /// <summary>What everything but the linear layers takes: the time of the model with all of them stored as <see cref="Plain"/>, less theirs.</summary>
    public long RestInNanoseconds { get; private set; }

    /// <summary>Of a table.</summary>
    /// <param name="table">The table.</param>
    /// <param name="runtime">The profile of the file.</param>
    /// <exception cref="KernelTableException">The table was not measured for the profile, or lacks a product of one of its own layers.</exception>
    public static LayerTimes Of(KernelTable table, RuntimeProfile runtime)
    {
        ArgumentNullException.ThrowIfNull(table);
        var times = new LayerTimes(table, runtime);
        var whole = table.Models.FirstOrDefault(m => m.Runtime == runtime && m.Stored == Plain.ToString())
            ?? throw new KernelTableException($"The table of kernel times was not measured for the runtime profile {RuntimeNames.Of(runtime)}. Measure again with `mlorq bench kernels`.");
        var plain = table.Layers.Sum(l => times.NanosecondsOf(l.Name, l.Products, new Candidate.Dense(Plain)));
        times.RestInNanoseconds = Math.Max(0, Nanoseconds(whole.Time.Microseconds) - plain);
        return times;
    }

    /// <summary>The time of a layer stored in a way; 0 for what is no linear layer, since its constants are folded at load and the way makes no difference to a run.</summary>
    /// <exception cref="KernelTableException">The table does not have it; the message names the layer and what is missing.</exception>
    public long NanosecondsOf(Layer layer, Candidate candidate) => layer is LinearLayer linear ? NanosecondsOf(layer.Name, ProductsOf(linear), candidate) : 0;

    /// <summary>The candidate with its time.</summary>
    internal ScoredCandidate Timed(Layer layer, ScoredCandidate candidate) => candidate with { Nanoseconds = NanosecondsOf(layer, candidate.Candidate) };

    /// <summary>What a plan's run is predicted to take.</summary>
    internal long NanosecondsOf(IReadOnlyList<Choice> choices) => RestInNanoseconds + choices.Sum(c => NanosecondsOf(c.Layer, c.Candidate.Candidate));

    private long NanosecondsOf(string layer, IReadOnlyList<ProductShape> products, Candidate candidate) =>
        products.Sum(shape => Nanoseconds(Microseconds(layer, shape, KernelForm.Of(shape.InFeatures, candidate, _runtime))));

    private IReadOnlyList<ProductShape> ProductsOf(LinearLayer layer)
    {
        if (_layers.TryGetValue(layer.Name, out var products) && products.All(p => (p.InFeatures, p.OutFeatures, p.HasBias) == (layer.InFeatures, layer.OutFeatures, layer.Bias is not null))) return products;
        var has = products is null ? "does not have it" : $"has it as {string.Join(", ", products.Distinct())}";
        throw new KernelTableException($"The table of kernel times is of another model: the layer '{layer.Name}' [{layer.OutFeatures}, {layer.InFeatures}] {(layer.Bias is null ? "without" : "with")} bias is in the model, and the table {has}. Measure this model with `mlorq bench kernels`.");
    }

    // Between two measured ranks on a line; beyond them, where none was asked for, the nearest.
    private double Microseconds(string layer, ProductShape shape, KernelForm form)
    {
        if (!_products.TryGetValue((shape, form.Name), out var measured))
            throw new KernelTableException($"The table of kernel times does not have the product {shape} in the form {form}, which the layer '{layer}' can be stored in. Measure this model with `mlorq bench kernels`.");
        var above = measured.FindIndex(m => m.Rank >= form.Rank);
        if (above < 0) return measured[^1].Microseconds;
        if (above == 0 || measured[above].Rank == form.Rank) return measured[above].Microseconds;
        var (low, high) = (measured[above - 1], measured[above]);
        return low.Microseconds + ((high.Microseconds - low.Microseconds) * (form.Rank - low.Rank) / (high.Rank - low.Rank));
    }

    private static long Nanoseconds(double microseconds) => (long)Math.Round(microseconds * 1000);
}
