using Mlorq.Onnx.Execution;
using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Protobuf;

namespace Mlorq.Onnx.Passes;

/// <summary>Writes operators of opset 11 and 12 as opset 13 has them.</summary>
/// <param name="model">The model that they belong to; null for those of a function, whose values have names of their own.</param>
/// <param name="names">Gives new values their names.</param>
internal sealed class OlderOperators(Model? model, UniqueNames names)
{
    // What the ONNX changelog says about operators of the standard domain in 12 and 13:
    //
    //   Squeeze, Unsqueeze, ReduceSum  13  axes: attribute -> input                                                     converted
    //   Split                          13  split: attribute -> input                                                    converted
    //   Softmax, LogSoftmax, Hardmax   13  along one axis, by default the last; before over all axes from one on,
    //                                      by default from 1 on, as if they were one                                    converted
    //   Dropout                        12  ratio: attribute -> input, which training alone reads                        dropped
    //   ArgMax, ArgMin                 12  select_last_index = 0 is the old meaning                                     same
    //   GatherND                       12  batch_dims = 0 is the old meaning                                            same
    //   Constant                       12  more attributes for the value                                                same
    //   QuantizeLinear, DequantizeLinear 13  axis: scales of several elements are new                                   same
    //   Resize                         13  roi and scales may be left out; empty ones still mean nothing                same
    //   Many others                12, 13  more types                                                                   same

    /// <summary>The opset that results.</summary>
    public const long Target = 13;

    private static readonly HashSet<string> Normalizations = ["Softmax", "LogSoftmax", "Hardmax"];

    private readonly Lazy<IReadOnlyDictionary<string, int>> _ranks = new(() => model is null ? new Dictionary<string, int>() : RanksOfNormalized(model));

    /// <summary>The nodes that take a node's place; it is changed.</summary>
    public IEnumerable<NodeProto> Convert(NodeProto node)
    {
        if (Normalizations.Contains(node.OpType)) return AlongOneAxis(node);
        if (node.OpType is "Squeeze" or "Unsqueeze" or "ReduceSum") return [.. OperatorChange.ToInput(node, "axes", names), node];
        if (node.OpType is "Split") return [.. OperatorChange.ToInput(node, "split", names), node];
        if (node.OpType is "Dropout" && Find(node, "ratio") is { } ratio) node.Attribute.Remove(ratio);
        return [node];
    }

    private IEnumerable<NodeProto> AlongOneAxis(NodeProto node)
    {
        var axis = Find(node, "axis");
        if (axis is not null) node.Attribute.Remove(axis);
        node.Attribute.Add(NodeAttribute.Int("axis", -1).Proto);
        if (IsLast(axis, node.Input[0])) return [node];

        // Where more axes than the last count, or how many there are is not known.
        var (x, y) = (node.Input[0], node.Output[0]);
        var (shape, rows, result) = (names.Fresh($"{y}/shape"), names.Fresh($"{y}/rows"), names.Fresh($"{y}/of_rows"));
        var flatten = new NodeProto { OpType = "Flatten", Name = rows, Input = { x }, Output = { rows } };
        if (axis is not null) flatten.Attribute.Add(axis);
        node.Input[0] = rows;
        node.Output[0] = result;
        return
        [
            new NodeProto { OpType = "Shape", Name = shape, Input = { x }, Output = { shape } },
            flatten,
            node,
            new NodeProto { OpType = "Reshape", Name = names.Fresh($"{y}/whole"), Input = { result, shape }, Output = { y } },
        ];
    }

    private bool IsLast(AttributeProto? axis, string input)
    {
        if (axis is { HasRefAttrName: true }) return false;
        var first = axis?.I ?? 1;
        return first == -1 || (_ranks.Value.TryGetValue(input, out var rank) && first == rank - 1);
    }

    private static AttributeProto? Find(NodeProto node, string attribute) => node.Attribute.FirstOrDefault(a => a.Name == attribute);

    // Exporters count axes from the front, and few files say how many there are.
    private static Dictionary<string, int> RanksOfNormalized(Model model)
    {
        var graph = model.Graph;
        var inputs = graph.Nodes.Where(n => Normalizations.Contains(n.OpType)).Select(n => n.Input(0)).Distinct().ToList();
        var ranks = graph.Inputs.Where(i => i.Shape is not null && inputs.Contains(i.Name)).ToDictionary(i => i.Name, i => i.Shape!.Count);
        var computed = inputs.Where(i => graph.Producer(i) is not null).ToList();
        try
        {
            using var runner = ModelRunner.LoadExposing(model, computed);
            foreach (var name in computed)
            {
                if (runner.OutputInfo(name).Shape is { } shape) ranks.Add(name, shape.Count);
            }
        }
        catch (ModelRunException)
        {
            // A graph with operators that only another runtime has: nothing is known of what it computes.
        }

        return ranks;
    }
}
