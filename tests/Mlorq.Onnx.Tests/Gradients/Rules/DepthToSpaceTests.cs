using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Tests.Gradients.Rules;

public class DepthToSpaceTests
{
    [Theory]
    [InlineData("2 8 2 3", 2, "DCR")]
    [InlineData("2 8 2 3", 2, "CRD")]
    [InlineData("1 9 1 2", 3, "CRD")]
    public void Blocks_are_taken_apart_again(string shape, long block, string mode) =>
        GradientCheck.Agrees(Model("DepthToSpace", shape, NodeAttribute.Int("blocksize", block), NodeAttribute.Text("mode", mode)));

    [Theory]
    [InlineData("2 2 4 6", 2)]
    [InlineData("1 1 3 6", 3)]
    public void Channels_are_laid_out_again(string shape, long block) => GradientCheck.Agrees(Model("SpaceToDepth", shape, NodeAttribute.Int("blocksize", block)));

    private static Model Model(string opType, string shape, params NodeAttribute[] attributes) => new GraphBuilder()
        .Input("x", ElementType.Double, Shapes.Of(shape))
        .Node(opType, "x", "y", attributes)
        .Output("y", ElementType.Double)
        .Build(18);
}
