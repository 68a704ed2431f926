using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Execution;

/// <summary>
/// A model cut behind some of its inputs, to try many values of those while the others stay: the head runs once, and for each value only the tail, the
/// nodes that depend on the inputs that vary. Several threads may run it at once.
/// </summary>
public sealed class CutRunner : IDisposable
{
    private readonly ModelCut _cut;
    private readonly ModelRunner? _head;
    private readonly ModelRunner? _tail;

    private CutRunner(ModelCut cut, ModelRunner? head, ModelRunner? tail) => (_cut, _head, _tail) = (cut, head, tail);

    /// <summary>The wanted outputs that depend on the inputs that vary, in the order in which they were wanted; all others stay as they are.</summary>
    public IReadOnlyList<string> Outputs => _cut.Outputs;

    /// <summary>Cuts a model and loads both parts.</summary>
    /// <param name="model">The model.</param>
    /// <param name="varied">Names of the inputs that will vary.</param>
    /// <param name="outputs">The values wanted.</param>
    /// <exception cref="ArgumentException">The model has no input of a name.</exception>
    /// <exception cref="ModelRunException">ONNX Runtime refuses a part.</exception>
    public static CutRunner Load(Model model, IReadOnlyCollection<string> varied, IReadOnlyCollection<string> outputs)
    {
        if (varied.Except(model.Graph.Inputs.Select(i => i.Name)).FirstOrDefault() is { } unknown) throw new ArgumentException($"The model has no input '{unknown}'.", nameof(varied));
        var cut = ModelCut.Behind(model, varied, outputs);
        if (cut.Outputs.Count == 0) return new CutRunner(cut, null, null);
        if (cut.Computed.Count == 0) return new CutRunner(cut, null, ModelRunner.Load(cut.Tail([])));
        var head = ModelRunner.Load(cut.Head());
        try
        {
            var computed = cut.Computed.Select(head.OutputInfo).ToList();
            if (computed.TrueForAll(ModelRunner.CanBeFed)) return new CutRunner(cut, head, ModelRunner.Load(cut.Tail(computed)));
        }
        catch
        {
            head.Dispose();
            throw;
        }

        head.Dispose();
        var whole = cut.AtTheInputs();
        return new CutRunner(whole, null, ModelRunner.Load(whole.Tail([])));
    }

    /// <summary>Runs the head.</summary>
    /// <param name="inputs">A tensor for each input that does not vary; others are not used.</param>
    /// <returns>The values alive at the cut by name: inputs and inner values that the tail reads.</returns>
    /// <exception cref="ModelRunException">The run fails.</exception>
    public IReadOnlyDictionary<string, Tensor> RunHead(IReadOnlyDictionary<string, Tensor> inputs)
    {
        var live = _cut.Given.ToDictionary(name => name, name => inputs[name]);
        if (_head is null) return live;
        var own = _head.InputNames.ToDictionary(name => name, name => inputs[name]);
        foreach (var (name, value) in _cut.Computed.Zip(_head.Run(own, _cut.Computed))) live[name] = value;
        return live;
    }

    /// <summary>Runs the tail.</summary>
    /// <param name="live">What <see cref="RunHead"/> gave.</param>
    /// <param name="varied">A tensor for each input that varies; others are not used.</param>
    /// <returns>The tensors of <see cref="Outputs"/>.</returns>
    /// <exception cref="ModelRunException">The run fails.</exception>
    public IReadOnlyList<Tensor> RunTail(IReadOnlyDictionary<string, Tensor> live, IReadOnlyDictionary<string, Tensor> varied)
    {
        if (_tail is null) return [];
        var inputs = new Dictionary<string, Tensor>(live);
        foreach (var name in _cut.Varied) inputs[name] = varied[name];
        return _tail.Run(inputs, Outputs);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _head?.Dispose();
        _tail?.Dispose();
    }
}
