using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Gradients.Rules;

/// <summary>Parts picked by index tuples: ∂X = the parts of G added up at the tuples.</summary>
internal sealed class GatherNDRule : IGradientRule
{
    public IReadOnlyList<string> Operators => ["GatherND"];

    public bool IsDifferentiable(Node node, int input) => input == 0;

    public void Differentiate(NodeGradient at)
    {
        var batch = at.Node.Int("batch_dims", 0);
        at.Give(0, batch == 0
            ? at.Op("ScatterND", [Zeros.Like(at, at.Input(0)), at.Input(1), at.Gradient], NodeAttribute.Text("reduction", "add"))
            : MovedElements.ScatterBack(at, positions => at.Op("GatherND", [positions, at.Input(1)], NodeAttribute.Int("batch_dims", batch)))); // ScatterND knows no batches.
    }
}
