using System.Diagnostics;
using Mlorq.InterLayer;
using Mlorq.Layers;
using Mlorq.Onnx.Execution;
using Mlorq.Onnx.Graphs;
using Mlorq.Rewriting;

namespace Mlorq.Benchmarks.Prices;

/// <summary>The time that a layer took on one thread.</summary>
/// <param name="Shared">Loading the cut model and running what is in front of the layer, once for all candidates.</param>
/// <param name="OfEach">Running what is behind it, for one candidate.</param>
/// <param name="Candidates">How many were measured.</param>
internal readonly record struct LayerTime(double Shared, double OfEach, int Candidates)
{
    /// <summary>The same for another number of candidates.</summary>
    public double For(int candidates) => Shared + (OfEach * candidates);
}

/// <summary>What candidates really do to the outputs, each layer alone, as the method that measures prices does it: the graph is cut in front of the layer.</summary>
internal sealed class Measuring
{
    private readonly Workload _work;
    private readonly CalibrationSet _inputs;
    private readonly RunSettings _run;
    private readonly SwappableModel _model;
    private readonly List<IReadOnlyList<Tensor>> _reference = [];
    private readonly Dictionary<LinearLayer, LayerTime> _times = new(ReferenceEqualityComparer.Instance);

    private Measuring(Workload work, IEnumerable<PricedCandidate> candidates, BenchmarkOptions options)
    {
        (_work, _inputs) = (work, work.Calibration.Take(options.Measured));
        _run = new RunSettings { Threads = options.Threads };
        _model = new SwappableModel(work.Model, candidates.SelectMany(c => SimulatedWeights.NamesOf(c.Layer)));
        using var whole = _model.Load();
        OrderedWork.Run(_inputs.Batches.Count, _run, b => whole.Run(_model.Inputs(_inputs.Batches[b]), _model.Outputs), (_, outputs) => _reference.Add(outputs));
    }

    /// <summary>The noise-to-signal of each candidate, in their order.</summary>
    public List<double> NoiseToSignal { get; } = [];

    /// <summary>The number of inputs.</summary>
    public long Samples => _inputs.Count;

    /// <summary>Time from begin to end.</summary>
    public TimeSpan Time { get; private set; }

    /// <summary>Measures candidates; those of a layer follow each other.</summary>
    public static Measuring Run(Workload work, IReadOnlyList<PricedCandidate> candidates, BenchmarkOptions options)
    {
        var measuring = new Measuring(work, candidates, options);
        var layers = candidates.GroupBy(c => c.Layer, (IEqualityComparer<LinearLayer>)ReferenceEqualityComparer.Instance).Select(g => g.ToList()).ToList();
        var start = Stopwatch.GetTimestamp();
        OrderedWork.Run(layers.Count, measuring._run, i => measuring.Measure(layers[i]), (i, measured) =>
        {
            measuring.NoiseToSignal.AddRange(measured.Changes.Select(c => c.NoiseToSignal));
            measuring._times[layers[i][0].Layer] = measured.Time;
        });
        measuring.Time = Stopwatch.GetElapsedTime(start);
        return measuring;
    }

    /// <summary>The time that other numbers of candidates would need, on the same inputs and threads: each layer's own times, scaled to the time from begin to end.</summary>
    public TimeSpan Extrapolated(IEnumerable<(LinearLayer Layer, int Candidates)> counts) =>
        Time * (counts.Sum(c => _times[c.Layer].For(c.Candidates)) / _times.Values.Sum(t => t.For(t.Candidates)));

    private (OutputChange[] Changes, LayerTime Time) Measure(List<PricedCandidate> candidates)
    {
        var values = candidates.ConvertAll(c => SimulatedWeights.Values(_work.Model, c.Candidate.Rounded!).ToDictionary(v => v.Name, v => v.Value));
        var changes = new OutputChange[candidates.Count];
        var (all, tails) = (Stopwatch.StartNew(), new Stopwatch());
        using var cut = _model.LoadCut([.. SimulatedWeights.NamesOf(candidates[0].Layer)]);
        for (var b = 0; b < _reference.Count; b++)
        {
            var live = cut.RunHead(_model.Inputs(_inputs.Batches[b]));
            tails.Start();
            for (var c = 0; c < candidates.Count; c++)
            {
                var outputs = cut.RunTail(live, _model.Inputs(_inputs.Batches[b], values[c]));
                changes[c] += OutputChange.Between(_reference[b], Complete(cut, outputs, _reference[b]));
            }

            tails.Stop();
        }

        var (whole, behind) = (all.Elapsed.TotalSeconds, tails.Elapsed.TotalSeconds);
        return (changes, new LayerTime(whole - behind, behind / candidates.Count, candidates.Count));
    }

    // Outputs that do not depend on the layer stay as they are.
    private List<Tensor> Complete(CutRunner cut, IReadOnlyList<Tensor> changed, IReadOnlyList<Tensor> reference)
    {
        var all = new List<Tensor>(reference);
        for (var i = 0; i < cut.Outputs.Count; i++) all[_model.Outputs.IndexOf(cut.Outputs[i])] = changed[i];
        return all;
    }
}
