using Google.Protobuf.Collections;
using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Protobuf;

namespace Mlorq.Onnx.Passes;

/// <summary>
/// Puts the nodes of model-local functions where they are called, subgraphs included, as runtimes do when they load a file: their weights and products are then found
/// like all others.
/// <para>Requires: opsets raised (<see cref="RaiseOpset"/>).</para>
/// <para>
/// Ensures: no call is left of a function that uses the model's own version of the standard operators; functions that nobody calls any more are gone.
/// Functions of the domain <see cref="KeptDomain"/> stay: they unpack weights.
/// </para>
/// </summary>
public static class InlineFunctions
{
    /// <summary>The domain of the functions that Mlorq writes.</summary>
    public const string KeptDomain = "mlorq";

    /// <summary>The model without calls.</summary>
    public static Model Apply(Model model)
    {
        var functions = model.Proto.Functions
            .GroupBy(f => (f.Domain, f.Name))
            .Where(g => g.Count() == 1 && g.Key.Domain != KeptDomain && IsOfModel(g.First(), model))
            .ToDictionary(g => g.Key, g => g.First());
        if (functions.Count == 0) return model;
        var proto = model.Proto.Clone();
        Expand(proto.Graph.Node, functions, new UniqueNames(model));
        foreach (var function in functions.Values) proto.Functions.Remove(function);
        foreach (var import in functions.Values.SelectMany(f => f.OpsetImport).Where(o => proto.OpsetImport.All(known => known.Domain != o.Domain)).DistinctBy(o => o.Domain).ToList())
        {
            if (!IsStandard(import)) proto.OpsetImport.Add(import);
        }

        return new Model(proto);
    }

    private static bool IsStandard(OperatorSetIdProto import) => import.Domain is "" or "ai.onnx";

    private static bool IsOfModel(FunctionProto function, Model model) => function.OpsetImport.Where(IsStandard).All(o => o.Version == model.Opset);

    private static void Expand(RepeatedField<NodeProto> nodes, Dictionary<(string, string), FunctionProto> functions, UniqueNames names)
    {
        var expanded = new List<NodeProto>();
        foreach (var node in nodes)
        {
            foreach (var body in new Node(node).Subgraphs()) Expand(body.Node, functions, names);
            if (functions.TryGetValue((node.Domain, node.OpType), out var function) && node.Overload.Length == 0) expanded.AddRange(Call(node, function, functions, names));
            else expanded.Add(node);
        }

        nodes.Clear();
        nodes.AddRange(expanded);
    }

    private static RepeatedField<NodeProto> Call(NodeProto call, FunctionProto function, Dictionary<(string, string), FunctionProto> functions, UniqueNames names)
    {
        var place = new Node(call).DisplayName;
        var renamed = new Dictionary<string, string>();
        for (var i = 0; i < function.Input.Count; i++) renamed[function.Input[i]] = i < call.Input.Count ? call.Input[i] : "";
        var result = new RepeatedField<NodeProto>();
        for (var i = 0; i < Math.Min(function.Output.Count, call.Output.Count); i++)
        {
            var output = call.Output[i];
            if (output.Length == 0) continue;
            // An output that is an input, or another output, as well.
            if (!renamed.TryAdd(function.Output[i], output)) result.Add(new NodeProto { OpType = "Identity", Input = { renamed[function.Output[i]] }, Output = { output } });
        }

        var attributes = function.AttributeProto.Concat(call.Attribute).GroupBy(a => a.Name).ToDictionary(g => g.Key, g => g.Last());
        var (behind, body) = (result.ToList(), function.Node.Select(n => n.Clone()).ToList());
        NameInner(body, place, renamed, names);
        foreach (var node in body) Rewrite(node, place, renamed, attributes, names);
        result.Clear();
        result.AddRange(body);
        result.AddRange(behind);
        Expand(result, functions, names);
        return result;
    }

    // Inner values get names of their own at every call, those of bodies included.
    private static void NameInner(IEnumerable<NodeProto> nodes, string place, Dictionary<string, string> renamed, UniqueNames names)
    {
        foreach (var node in nodes)
        {
            foreach (var output in node.Output.Where(o => o.Length > 0 && !renamed.ContainsKey(o))) renamed.Add(output, names.Fresh($"{place}/{output}"));
            foreach (var body in new Node(node).Subgraphs())
            {
                foreach (var name in body.Input.Select(i => i.Name).Concat(ConstantNames.Of(body)).Where(n => !renamed.ContainsKey(n))) renamed.Add(name, names.Fresh($"{place}/{name}"));
                NameInner(body.Node, place, renamed, names);
            }
        }
    }

    private static void Rewrite(NodeProto node, string place, Dictionary<string, string> renamed, Dictionary<string, AttributeProto> attributes, UniqueNames names)
    {
        if (node.Name.Length > 0) node.Name = names.Fresh($"{place}/{node.Name}");
        InnerNames.Replace(node.Input, renamed);
        InnerNames.Replace(node.Output, renamed);
        foreach (var attribute in node.Attribute.Where(a => a.RefAttrName.Length > 0).ToList())
        {
            node.Attribute.Remove(attribute);
            if (!attributes.TryGetValue(attribute.RefAttrName, out var given)) continue;
            var copy = given.Clone();
            copy.Name = attribute.Name;
            node.Attribute.Add(copy);
        }

        foreach (var body in new Node(node).Subgraphs())
        {
            foreach (var value in body.Input.Concat(body.Output)) value.Name = renamed.GetValueOrDefault(value.Name, value.Name);
            foreach (var tensor in body.Initializer.Concat(body.SparseInitializer.Select(s => s.Values))) tensor.Name = renamed.GetValueOrDefault(tensor.Name, tensor.Name);
            body.ValueInfo.Clear();
            foreach (var inner in body.Node) Rewrite(inner, place, renamed, attributes, names);
        }
    }
}
