using Mlorq.Onnx.Execution;
using Mlorq.Onnx.Graphs;

namespace Mlorq.InterLayer;

/// <summary>A model some of whose constants are fed as inputs, so that they can be swapped from run to run without loading it again.</summary>
internal sealed class SwappableModel
{
    private readonly Model _model;
    private readonly Dictionary<string, Tensor> _originals;

    public SwappableModel(Model model, IEnumerable<string> constants)
    {
        _originals = constants.Distinct().ToDictionary(name => name, name => model.Graph.Initializer(name)!);
        Outputs = OutputComparison.FloatOutputs(model);
        var editor = model.Edit();
        foreach (var (name, tensor) in _originals)
        {
            editor.RemoveInitializer(name);
            editor.AddInput(name, ElementType.Float, [.. tensor.Shape.Select(d => (long?)d)]);
        }

        _model = editor.ToModel();
    }

    /// <summary>The model's float outputs.</summary>
    public List<string> Outputs { get; }

    /// <summary>The whole model, to be run with <see cref="Inputs"/>.</summary>
    public ModelRunner Load() => ModelRunner.Load(_model);

    /// <summary>The outputs of the original, batch by batch, which changes are measured against.</summary>
    public IReadOnlyList<IReadOnlyList<Tensor>> Reference(ModelRunner whole, CalibrationSet inputs, RunSettings run)
    {
        var reference = new List<IReadOnlyList<Tensor>>();
        OrderedWork.Run(inputs.Batches.Count, run, b => whole.Run(Inputs(inputs.Batches[b]), Outputs), (_, outputs) => reference.Add(outputs));
        return reference;
    }

    /// <summary>The model with a cut in front of all that reads some of the constants.</summary>
    public CutRunner LoadCut(IReadOnlyCollection<string> constants) => CutRunner.Load(_model, constants, Outputs);

    /// <summary>The same with everything behind the cut.</summary>
    public CutRunner LoadUncut() => LoadCut([.. _model.Graph.Inputs.Select(i => i.Name)]);

    /// <summary>All inputs for a batch, with some constants swapped.</summary>
    public Dictionary<string, Tensor> Inputs(IReadOnlyDictionary<string, Tensor> batch, IReadOnlyDictionary<string, Tensor>? swapped = null)
    {
        var inputs = new Dictionary<string, Tensor>(_originals);
        foreach (var (name, tensor) in batch) inputs[name] = tensor;
        foreach (var (name, tensor) in swapped ?? new Dictionary<string, Tensor>()) inputs[name] = tensor;
        return inputs;
    }
}
