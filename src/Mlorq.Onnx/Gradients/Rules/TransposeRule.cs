using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Gradients.Rules;

/// <summary>Axes in another order: ∂X = G with the axes put back.</summary>
internal sealed class TransposeRule : IGradientRule
{
    public IReadOnlyList<string> Operators => ["Transpose"];

    public void Differentiate(NodeGradient at)
    {
        var order = at.Node.Ints("perm");
        if (order is null or { Count: 0 })
        {
            at.Give(0, at.Op("Transpose", at.Gradient)); // The reverse order is its own inverse.
            return;
        }

        var back = new long[order.Count];
        for (var i = 0; i < back.Length; i++) back[order[i]] = i;
        at.Give(0, at.Op("Transpose", [at.Gradient], NodeAttribute.Ints("perm", back)));
    }
}
