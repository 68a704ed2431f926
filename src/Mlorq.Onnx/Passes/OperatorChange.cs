using Mlorq.Onnx.Protobuf;

namespace Mlorq.Onnx.Passes;

/// <summary>Changes of form that operators of several opsets have in common.</summary>
internal static class OperatorChange
{
    /// <summary>
    /// Makes a list of integers an input, behind those that the node has. A Constant node and not an initializer: it is the one way that functions have as well, and
    /// <see cref="FoldConstants"/> does the rest.
    /// </summary>
    /// <param name="node">The node, which is changed.</param>
    /// <param name="attribute">The list. Nothing is done where there is none; an empty one means all axes, as a missing input does.</param>
    /// <param name="names">Gives the constant its name.</param>
    /// <returns>The nodes to be put in front of it.</returns>
    public static IEnumerable<NodeProto> ToInput(NodeProto node, string attribute, UniqueNames names)
    {
        if (node.Attribute.FirstOrDefault(a => a.Name == attribute) is not { } list) return [];
        node.Attribute.Remove(list);
        if (list.Ints.Count == 0 && !list.HasRefAttrName) return [];
        var name = names.Fresh($"{node.Output[0]}/{attribute}");
        list.Name = "value_ints";
        node.Input.Add(name);
        return [new NodeProto { OpType = "Constant", Name = name, Output = { name }, Attribute = { list } }];
    }
}
