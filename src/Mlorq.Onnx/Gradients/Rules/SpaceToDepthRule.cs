using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Gradients.Rules;

/// <summary>Blocks of pixels stacked as channels: ∂X = the channels laid out as blocks again.</summary>
internal sealed class SpaceToDepthRule : IGradientRule
{
    public IReadOnlyList<string> Operators => ["SpaceToDepth"];

    public void Differentiate(NodeGradient at) =>
        at.Give(0, at.Op("DepthToSpace", [at.Gradient], NodeAttribute.Int("blocksize", at.Node.Int("blocksize", 1)), NodeAttribute.Text("mode", "DCR")));
}
