using Mlorq.IntraLayer;
using Mlorq.Onnx.Execution;
using Mlorq.Onnx.Graphs;
using Mlorq.Rewriting;
using Mlorq.Rounding;

namespace Mlorq.InterLayer;

/// <summary>What whole plans really do to the outputs of some calibration inputs, all layers compressed together.</summary>
internal sealed class PlanMeasurement : IDisposable
{
    private readonly Analysis _analysis;
    private readonly CalibrationSet _inputs;
    private readonly IWeightRounding _rounding;
    private readonly RunSettings _run;
    private readonly SwappableModel _model;
    private readonly ModelRunner _runner;
    private readonly IReadOnlyList<IReadOnlyList<Tensor>> _reference;

    // Plans share most of their choices, and a choice is rounded alike in each.
    private readonly Dictionary<(string, Candidate), RoundedLayer> _rounded = [];

    // Rounding takes long where layers are large.
    private readonly Action<string>? _hear;

    /// <summary>Runs the original model on the inputs.</summary>
    /// <param name="analysis">The model and its layers.</param>
    /// <param name="inputs">The inputs.</param>
    /// <param name="rounding">How layers are rounded.</param>
    /// <param name="run">How to work.</param>
    /// <param name="hear">Told the name of each layer that has been rounded.</param>
    public PlanMeasurement(Analysis analysis, CalibrationSet inputs, IWeightRounding rounding, RunSettings run, Action<string>? hear = null)
    {
        (_analysis, _inputs, _rounding, _run, _hear) = (analysis, inputs, rounding, run with { Progress = null }, hear);
        _model = new SwappableModel(analysis.Model, analysis.Prices.SelectMany(p => SimulatedWeights.NamesOf(p.Front.Layer)));
        _runner = _model.Load();
        try
        {
            _reference = _model.Reference(_runner, inputs, run);
        }
        catch
        {
            _runner.Dispose();
            throw;
        }
    }

    /// <summary>What a plan does to each of the inputs.</summary>
    public MeasuredChange Measure(IReadOnlyList<Choice> choices)
    {
        var weights = Round(choices).SelectMany(l => SimulatedWeights.Values(_analysis.Model, l)).ToDictionary(v => v.Name, v => v.Value);
        var changes = new List<OutputChange>();
        OrderedWork.Run(
            _inputs.Batches.Count,
            _run,
            b => OutputChange.Between(_reference[b], _runner.Run(_model.Inputs(_inputs.Batches[b], weights), _model.Outputs)),
            (_, c) => changes.Add(c));
        return new MeasuredChange(changes);
    }

    /// <summary>The layers of a plan, rounded.</summary>
    public IReadOnlyList<RoundedLayer> Round(IReadOnlyList<Choice> choices)
    {
        var missing = choices.Where(c => !_rounded.ContainsKey(Key(c))).ToList();
        var layers = SequentialRounding.Round(missing, [], _analysis.Statistics, _rounding, _run, done => _hear?.Invoke(done[^1].Layer.Name));
        foreach (var (choice, rounded) in missing.Zip(layers)) _rounded.Add(Key(choice), rounded);
        return [.. choices.Select(c => _rounded[Key(c)])];
    }

    /// <summary>The model with the weights of a plan.</summary>
    public Model Simulate(IReadOnlyList<Choice> choices) => SimulatedWeights.Of(_analysis.Model, Round(choices));

    public void Dispose() => _runner.Dispose();

    private static (string, Candidate) Key(Choice choice) => (choice.Layer.TensorName, choice.Candidate.Candidate);
}
