using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Execution;

/// <summary>The part of a model between two cuts.</summary>
/// <param name="Nodes">The nodes that belong to this segment and to no other, in order.</param>
/// <param name="Repeated">Arithmetic with constants and shapes that these nodes need; other segments may repeat it.</param>
/// <param name="Fed">The model's inputs that it reads.</param>
/// <param name="Live">The values that it reads and that earlier segments compute.</param>
/// <param name="Outputs">The values that it computes and that later segments read, or the model gives.</param>
public sealed record Segment(
    IReadOnlyList<Node> Nodes,
    IReadOnlyList<Node> Repeated,
    IReadOnlyList<string> Fed,
    IReadOnlyList<string> Live,
    IReadOnlyList<string> Outputs);
