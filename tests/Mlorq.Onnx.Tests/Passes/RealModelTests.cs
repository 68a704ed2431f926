using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Passes;

namespace Mlorq.Onnx.Tests.Passes;

public class RealModelTests
{
    [Theory]
    [MemberData(nameof(SampleModels.All), MemberType = typeof(SampleModels))]
    public void A_canonical_model_computes_what_the_exported_one_does(string file)
    {
        var model = OnnxReader.Read(SampleModels.PathOf(file));
        var canonical = Canonicalize.Apply(model);
        Assert.Equal(18, canonical.Opset);
        Assert.DoesNotContain(canonical.Graph.Nodes, n => n.Is("Gemm") || n.Is("Constant"));
        Assert.Equal(MatrixProducts(model), MatrixProducts(canonical));
        Assert.True(canonical.SizeInBytes < model.SizeInBytes);
        Judge.SameOutputs(model, canonical);
    }

    /// <summary>How many nodes multiply by a matrix, but for the convolutions that stay in the canonical form as well.</summary>
    private static int MatrixProducts(Model model) => model.Graph.Nodes.Count(n => n.OpType is "MatMul" or "Gemm" or "Conv");
}
