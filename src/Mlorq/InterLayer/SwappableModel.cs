using Mlorq.Onnx;
using Mlorq.Onnx.Execution;
using Mlorq.Onnx.Graphs;

namespace Mlorq.InterLayer;

/// <summary>A model whose constants can be swapped from run to run without loading it again: they are fed as inputs.</summary>
internal sealed class SwappableModel : IDisposable
{
    private readonly ModelRunner _runner;
    private readonly Dictionary<string, Tensor> _originals;
    private readonly List<string> _outputs;

    public SwappableModel(Model model, IReadOnlyCollection<string> constants)
    {
        _originals = constants.Distinct().ToDictionary(name => name, name => model.Graph.Initializer(name)!);
        _outputs = FloatOutputs(model);
        var editor = model.Edit();
        foreach (var (name, tensor) in _originals)
        {
            editor.RemoveInitializer(name);
            editor.AddInput(name, ElementType.Float, tensor.Shape);
        }

        _runner = ModelRunner.Load(editor.ToModel());
    }

    /// <summary>The float outputs for a batch, with some constants swapped.</summary>
    public IReadOnlyList<Tensor> Run(IReadOnlyDictionary<string, Tensor> batch, IReadOnlyDictionary<string, Tensor> swapped)
    {
        var inputs = new Dictionary<string, Tensor>(_originals);
        foreach (var (name, tensor) in batch) inputs[name] = tensor;
        foreach (var (name, tensor) in swapped) inputs[name] = tensor;
        return _runner.Run(inputs, _outputs);
    }

    /// <exception cref="InvalidModelException">There are none.</exception>
    public static List<string> FloatOutputs(Model model)
    {
        var outputs = model.Graph.Outputs.Where(o => o.Type == ElementType.Float).Select(o => o.Name).ToList();
        if (outputs.Count == 0) throw new InvalidModelException("The model has no float output, so the effect of a weight error cannot be measured. Export it with its scores or logits as an output.");
        return outputs;
    }

    public void Dispose() => _runner.Dispose();
}
