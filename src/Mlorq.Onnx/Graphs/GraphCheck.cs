using Mlorq.Onnx.Protobuf;

namespace Mlorq.Onnx.Graphs;

/// <summary>The rules that every legal graph keeps: each name is defined once, before it is read, outputs exist, and tensors have the bytes that their shapes say.</summary>
public static class GraphCheck
{
    /// <summary>Does nothing for a legal model.</summary>
    /// <exception cref="InvalidModelException">A rule is broken; the message names the node or tensor.</exception>
    public static void Ensure(Model model)
    {
        EnsureGraph(model.Proto.Graph, "the graph", []);
        foreach (var function in model.Proto.Functions)
        {
            var place = $"function '{function.Name}'";
            var known = new HashSet<string>(function.Input);
            EnsureNodes(function.Node, place, known, [.. known]);
            EnsureOutputs(function.Output, place, known);
        }
    }

    private static void EnsureGraph(GraphProto graph, string place, HashSet<string> outer)
    {
        var own = new HashSet<string>();
        foreach (var input in graph.Input) Define(input.Name, own, $"an input of {place}");
        // Files of IR version 3 repeat initializers among the inputs.
        var initializers = new HashSet<string>();
        foreach (var name in ConstantNames.Of(graph)) Define(name, initializers, $"an initializer of {place}");

        // Throws where bytes and shape disagree. Typed lists would be copied for that, so they are left to their first reader.
        foreach (var tensor in graph.Initializer.Where(i => i.HasRawData)) TensorCodec.Read(tensor);
        own.UnionWith(initializers);
        var known = new HashSet<string>(outer);
        known.UnionWith(own);
        EnsureNodes(graph.Node, place, known, own);
        EnsureOutputs(graph.Output.Select(o => o.Name), place, known);
    }

    private static void EnsureNodes(IEnumerable<NodeProto> nodes, string place, HashSet<string> known, HashSet<string> own)
    {
        foreach (var node in nodes.Select(n => new Node(n)))
        {
            var name = $"node '{node.DisplayName}' ({node.OpType}) of {place}";
            foreach (var input in node.Inputs.Where(i => i.Length > 0 && !known.Contains(i)))
            {
                throw new InvalidModelException($"The {name} reads '{input}', which is not defined before it. The file is damaged, or its nodes are not in order.");
            }

            foreach (var subgraph in node.Subgraphs()) EnsureGraph(subgraph, $"a subgraph of {name}", known);
            foreach (var output in node.Outputs.Where(o => o.Length > 0))
            {
                Define(output, own, $"an output of the {name}");
                known.Add(output);
            }
        }
    }

    private static void EnsureOutputs(IEnumerable<string> outputs, string place, HashSet<string> known)
    {
        foreach (var output in outputs.Where(o => !known.Contains(o)))
        {
            throw new InvalidModelException($"Nothing computes '{output}', an output of {place}. The file is damaged.");
        }
    }

    private static void Define(string name, HashSet<string> defined, string what)
    {
        if (!defined.Add(name)) throw new InvalidModelException($"'{name}', {what}, is defined twice. Names in a graph must differ.");
    }
}
