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
    private readonly List<IReadOnlyList<Tensor>> _reference = [];

    /// <summary>Runs the original model on the inputs.</summary>
    public PlanMeasurement(Analysis analysis, CalibrationSet inputs, IWeightRounding rounding, RunSettings run)
    {
        (_analysis, _inputs, _rounding, _run) = (analysis, inputs, rounding, run);
        _model = new SwappableModel(analysis.Model, analysis.Prices.SelectMany(p => SimulatedWeights.NamesOf(p.Front.Layer)));
        _runner = _model.Load();
        try
        {
            OrderedWork.Run(_inputs.Batches.Count, run, b => Run(b, []), (_, outputs) => _reference.Add(outputs));
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
        var weights = Weights(choices);
        var changes = new List<OutputChange>();
        OrderedWork.Run(_inputs.Batches.Count, _run, b => OutputChange.Between(_reference[b], Run(b, weights)), (_, c) => changes.Add(c));
        return new MeasuredChange(changes);
    }

    /// <summary>The layers of a plan, rounded.</summary>
    public IReadOnlyList<RoundedLayer> Round(IReadOnlyList<Choice> choices) => SequentialRounding.Round(choices, _analysis.Statistics, _rounding, _run with { Progress = null });

    /// <summary>The model with the weights of a plan.</summary>
    public Model Simulate(IReadOnlyList<Choice> choices)
    {
        var editor = _analysis.Model.Edit();
        foreach (var (name, value) in Weights(choices)) editor.SetInitializer(name, value);
        return editor.ToModel();
    }

    public void Dispose() => _runner.Dispose();

    private IReadOnlyList<Tensor> Run(int batch, Dictionary<string, Tensor> weights) => _runner.Run(_model.Inputs(_inputs.Batches[batch], weights), _model.Outputs);

    private Dictionary<string, Tensor> Weights(IReadOnlyList<Choice> choices)
    {
        var weights = new Dictionary<string, Tensor>();
        foreach (var layer in Round(choices))
        {
            foreach (var (name, value) in SimulatedWeights.Values(_analysis.Model, layer)) weights[name] = value;
        }

        return weights;
    }
}
