using Mlorq.Onnx.Protobuf;

namespace Mlorq.Onnx.Graphs;

/// <summary>The names that a graph's initializers define. Sparse ones carry theirs at their values.</summary>
internal static class ConstantNames
{
    public static IEnumerable<string> Of(GraphProto graph) =>
        graph.Initializer.Select(i => i.Name).Concat(graph.SparseInitializer.Where(i => i.Values is not null).Select(i => i.Values.Name));
}
