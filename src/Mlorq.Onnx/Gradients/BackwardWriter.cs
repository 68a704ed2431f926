using System.Globalization;
using System.Runtime.InteropServices;
using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Passes;

namespace Mlorq.Onnx.Gradients;

/// <summary>Adds nodes and constants to a graph that is being differentiated; equal constants and shapes are made once.</summary>
internal sealed class BackwardWriter
{
    private readonly Model _model;
    private readonly ModelEditor _editor;
    private readonly UniqueNames _names;
    private readonly Dictionary<string, string> _constants = [];
    private readonly Dictionary<string, string> _shapes = [];

    public BackwardWriter(Model model, TracedValues traced)
    {
        _model = model;
        (Traced, HoldsWeightsOnce) = (traced, LargeModel.IsHeldOnce(model));
        _editor = model.Edit();
        _names = new UniqueNames(model);
    }

    public TracedValues Traced { get; }

    /// <summary>Whether the model is so large that the graph should not hold its weights in a second form.</summary>
    public bool HoldsWeightsOnce { get; }

    public string Fresh(string wanted) => _names.Fresh(wanted);

    public void AddInput(string name, ElementType type, IReadOnlyList<long?> shape) => _editor.AddInput(name, type, shape);

    public string ShapeTensor(string value)
    {
        if (_shapes.TryGetValue(value, out var known)) return known;
        var name = _names.Fresh($"{value}/shape");
        _editor.Nodes.Add(new Node("Shape", "", [value], [name]));
        _shapes.Add(value, name);
        return name;
    }

    public string Scalar(double value, ElementType type)
    {
        var key = $"{type} {value.ToString("R", CultureInfo.InvariantCulture)}";
        return Once(key, () => type switch
        {
            ElementType.Double => new Tensor(type, [], MemoryMarshal.AsBytes([value]).ToArray()),
            ElementType.Float16 => Tensor.Of([(Half)value]),
            // The gradient by the codes of a quantizer is of real numbers.
            ElementType.Float or ElementType.UInt8 or ElementType.Int8 => Tensor.Of([(float)value]),
            ElementType.Int64 => Tensor.Of([(long)value]),
            _ => throw new NotSupportedException($"No gradients of element type {type}."),
        });
    }

    public string Ints(long[] values) => Once($"[{string.Join(',', values)}]", () => Tensor.Of(values, values.Length));

    public Tensor? Constant(string name) => _model.Graph.HasInitializer(name) ? _model.Graph.Initializer(name) : null;

    public string AddConstant(Tensor value)
    {
        var name = _names.Fresh("gradient/constant");
        _editor.SetInitializer(name, value);
        return name;
    }

    public IReadOnlyList<string> Add(Node of, string opType, string[] inputs, int outputs, NodeAttribute[] attributes)
    {
        var names = Enumerable.Range(0, outputs).Select(_ => _names.Fresh($"{of.Outputs.First(o => o.Length > 0)}/gradient/{opType}")).ToList();
        var domain = opType.Contains(':', StringComparison.Ordinal) ? opType.Split(':')[0] : "";
        if (domain.Length > 0) _editor.ImportOpset(domain, 1);
        _editor.Nodes.Add(new Node(domain.Length == 0 ? opType : opType.Split(':')[1], "", inputs, names, attributes, domain));
        return names;
    }

    /// <summary>The graph with all that was added, but without what only other outputs need.</summary>
    public Model ToModel(IReadOnlyList<string> outputs)
    {
        _editor.KeepOutputs(outputs);
        _editor.ExposeOutputs(outputs);
        return DropUnused.Apply(_editor.ToModel());
    }

    private string Once(string key, Func<Tensor> create)
    {
        if (!_constants.TryGetValue(key, out var name)) _constants.Add(key, name = AddConstant(create()));
        return name;
    }
}
