using System.Diagnostics;
using Mlorq.InterLayer;
using Mlorq.IntraLayer;
using Mlorq.Layers;
using Mlorq.Quantization;
using Mlorq.Rounding;
using Mlorq.Statistics;

namespace Mlorq.Benchmarks.Prices;

/// <summary>A candidate of the table with its price.</summary>
internal sealed record PricedCandidate(LinearLayer Layer, ScoredCandidate Candidate, Price Price);

/// <summary>How many candidates of a linear layer were priced.</summary>
/// <param name="Layer">The layer.</param>
/// <param name="Whole">Whole matrices: low bits and half precision.</param>
/// <param name="OfferedPairs">Low-rank pairs that a plan may contain.</param>
/// <param name="AllPairs">The same with every rank, all of which have a price.</param>
internal sealed record Counted(LinearLayer Layer, int Whole, int OfferedPairs, int AllPairs);

/// <summary>Stage 2 as the compressor does it, its parts timed one by one.</summary>
internal sealed class Pricing
{
    private static readonly int[] TableBits = [2, 3, 4];

    private readonly Workload _work;
    private readonly CompressionOptions _options;
    private readonly RunSettings _run;
    private readonly IWeightRounding _rounding;
    private readonly SampleGradients _gradients;
    private readonly LayerStatistics _statistics;
    private readonly HopefulPairs _hopeful;

    private Pricing(Workload work, BenchmarkOptions options)
    {
        _work = work;
        _run = new RunSettings { Threads = options.Threads };
        // The budget is not looked at before a plan is made.
        _options = new CompressionOptions
        {
            Budget = new Budget.Ratio(8),
            Candidates = options.TableOnly ? TableCandidates : new CandidateOptions(),
            Gradients = new GradientOptions { Samples = options.Samples, Projections = options.Projections, Seed = options.Seed },
        };
        _rounding = _options.CreateRounding(CancellationToken.None);
        var start = Stopwatch.GetTimestamp();
        _gradients = SampleGradients.Of(work.Model, work.Layers, work.Calibration, _options.Gradients, _run);
        _statistics = LayerStatistics.Collect(work.Model, work.Layers, work.Calibration, _gradients, _options.EffectiveWeighting, _rounding, _run);
        StatisticsTime = Stopwatch.GetElapsedTime(start);
        _hopeful = new HopefulPairs(_statistics, _gradients.Count, _run);
    }

    /// <summary>The candidates of the table, by layer and bits.</summary>
    public List<PricedCandidate> Table { get; } = [];

    /// <summary>Of each linear layer.</summary>
    public List<Counted> Counts { get; } = [];

    /// <summary>Moments of inputs and row weights.</summary>
    public TimeSpan StatisticsTime { get; }

    /// <summary>Rounding all candidates.</summary>
    public TimeSpan RoundingTime { get; private set; }

    /// <summary>The pass of gradients: all whole matrices and constants, and all ranks of all pairs of widths.</summary>
    public TimeSpan GradientTime { get; private set; }

    /// <summary>Rounding the hopeful pairs for real.</summary>
    public TimeSpan PairTime { get; private set; }

    /// <summary>Gradients in a pass.</summary>
    public int Gradients => _gradients.Count;

    /// <summary>Groups of layers, each with its own passes.</summary>
    public int Groups { get; private set; }

    /// <summary>Pairs rounded for real.</summary>
    public int RoundedPairs { get; private set; }

    // Both where a row is long enough for groups; the table takes those.
    private static CandidateOptions TableCandidates => new()
    {
        BitWidths = [.. TableBits.Select(BitWidth.Of)],
        Granularities = [Granularity.PerOutputChannel, Granularity.Group(64)],
        Symmetries = [Symmetry.Symmetric],
        FactorBitWidths = [],
    };

    /// <summary>Prices everything.</summary>
    public static Pricing Run(Workload work, BenchmarkOptions options)
    {
        var pricing = new Pricing(work, options);
        foreach (var group in LayerGroups.Of(work.Layers.Layers, pricing._options.Candidates, pricing._run.MemoryLimit)) pricing.Price(group);
        return pricing;
    }

    private void Price(IReadOnlyList<Layer> group)
    {
        Groups++;
        var start = Stopwatch.GetTimestamp();
        var tried = IntraLayerSearch.Try(_work.Model, group, _statistics, _options.Candidates, _rounding, _run);
        RoundingTime += Stopwatch.GetElapsedTime(start);
        start = Stopwatch.GetTimestamp();
        var errors = tried.Select(t => new LayerErrors(_work.Model, t.Layer, [.. t.Candidates.Select(c => c.Rounded!)], _hopeful.ErrorsOf(t))).ToList();
        GradientStream.Run(_gradients, errors, _run, _ => { });
        GradientTime += Stopwatch.GetElapsedTime(start);
        start = Stopwatch.GetTimestamp();
        var pairs = _hopeful.Round(tried, errors, [.. tried.Select((t, i) => _hopeful.Unseen(t.Layer, t.Candidates, errors[i].Prices(Gradients)))]);
        PairTime += Stopwatch.GetElapsedTime(start);
        RoundedPairs += pairs.Sum(p => p.Count);
        for (var i = 0; i < tried.Count; i++)
        {
            if (tried[i].Layer is LinearLayer linear) Keep(linear, tried[i], errors[i].Prices(Gradients));
        }
    }

    private void Keep(LinearLayer layer, TriedLayer tried, IReadOnlyList<Price> prices)
    {
        var smaller = Math.Min(layer.OutFeatures, layer.InFeatures);
        var widths = _options.Candidates.FactorBitWidths.Count * _options.Candidates.FactorBitWidths.Count;
        var whole = tried.Candidates.Count(c => c.Candidate is not Candidate.Single);
        Counts.Add(new Counted(layer, whole, widths * (smaller / _options.Candidates.RankStep), widths * smaller));
        foreach (var bits in TableBits)
        {
            var symmetric = tried.Candidates.Select((c, i) => (Candidate: c, Price: prices[i]))
                .Where(c => c.Candidate.Candidate is Candidate.Dense { Format: { Symmetry: Symmetry.Symmetric } format } && format.BitWidth.Bits == bits)
                .ToDictionary(c => ((Candidate.Dense)c.Candidate.Candidate).Format.Granularity.Size);
            if (symmetric.TryGetValue(64, out var chosen) || symmetric.TryGetValue(0, out chosen)) Table.Add(new PricedCandidate(layer, chosen.Candidate, chosen.Price));
        }
    }
}
