using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Gradients.Rules;

/// <summary>Channels [N, C b², H, W] laid out as blocks of pixels [N, C, H b, W b]: ∂X = the blocks taken apart again.</summary>
internal sealed class DepthToSpaceRule : IGradientRule
{
    public IReadOnlyList<string> Operators => ["DepthToSpace"];

    public void Differentiate(NodeGradient at)
    {
        var block = at.Node.Int("blocksize", 1);
        if (at.Node.Text("mode", "DCR") == "DCR")
        {
            at.Give(0, at.Op("SpaceToDepth", [at.Gradient], NodeAttribute.Int("blocksize", block)));
            return;
        }

        // Channel before block in the depth: [N, C, H, b, W, b] to [N, C, b, b, H, W].
        var lengths = at.Op("Concat", [at.ShapeTensor(at.Input(0)), at.Ints(-1, block)], NodeAttribute.Int("axis", 0));
        var parted = at.Op("Reshape", at.Gradient, at.Op("Gather", lengths, at.Ints(0, 4, 2, 5, 3, 5)));
        var ordered = at.Op("Transpose", [parted], NodeAttribute.Ints("perm", 0, 1, 3, 5, 2, 4));
        at.Give(0, at.Op("Reshape", ordered, at.ShapeTensor(at.Input(0))));
    }
}
