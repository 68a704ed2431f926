using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Passes;

namespace Mlorq.Rewriting;

/// <summary>What one layer, stored in one way, puts into the graph.</summary>
/// <param name="Nodes">The nodes that take the place of the layer's own.</param>
/// <param name="Tensors">The initializers, without their values.</param>
internal sealed record Fragment(IReadOnlyList<Node> Nodes, IReadOnlyList<TensorSpec> Tensors)
{
    /// <summary>The same with the names that the file has for inner values.</summary>
    public Fragment With(ShortNames names) => this with { Nodes = [.. Nodes.Select(names.Apply)] };

    /// <summary>Names of the model-local functions that are called.</summary>
    public IEnumerable<string> Functions => Nodes.Where(n => n.Domain == LinearFunctions.Domain).Select(n => n.OpType).Distinct();

    /// <summary>Bytes that the fragment takes in a file: the one home of every size in Mlorq.</summary>
    public long SizeInBytes => Nodes.Sum(n => n.SizeInBytes) + Tensors.Sum(t => t.SizeInBytes);
}
