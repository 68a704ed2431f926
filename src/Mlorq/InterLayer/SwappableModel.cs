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
        _outputs = OutputComparison.FloatOutputs(model);
        var editor = model.Edit();
        foreach (var (name, tensor) in _originals)
        {
            editor.RemoveInitializer(name);
            editor.AddInput(name, ElementType.Float, [.. tensor.Shape.Select(d => (long?)d)]);
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

    public void Dispose() => _runner.Dispose();
}
