using Mlorq.Onnx.Passes;
using Mlorq.TestKit;

namespace Mlorq.Onnx.Tests.Passes;

public class RealModelTests
{
    [Theory]
    [InlineData("models/deit_tiny_patch16_224.onnx")]
    [InlineData("models/vit_fashion.onnx")]
    [InlineData("models/structures/swin_random_op13.onnx")]
    [InlineData("models/structures/swin_random_op17.onnx")]
    [InlineData("models/structures/text_encoder_random_op14.onnx")]
    [InlineData("models/structures/mask_rcnn_swin_random_op16.onnx")]
    public void A_canonical_model_computes_what_the_exported_one_does(string file)
    {
        var model = OnnxReader.Read(TestFiles.Shared(file));
        var canonical = Canonicalize.Apply(model);
        Assert.Equal(18, canonical.Opset);
        Assert.DoesNotContain(canonical.Graph.Nodes, n => n.Is("Gemm") || n.Is("Constant"));
        Assert.Equal(MatrixProducts(model), MatrixProducts(canonical));
        Assert.True(canonical.SizeInBytes < model.SizeInBytes);
        Judge.SameOutputs(model, canonical);
    }

    /// <summary>How many nodes multiply by a matrix, but for the convolutions that stay in the canonical form as well.</summary>
    private static int MatrixProducts(Graphs.Model model) => model.Graph.Nodes.Count(n => n.OpType is "MatMul" or "Gemm" or "Conv");
}
