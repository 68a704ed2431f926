using Mlorq.InterLayer;
using Mlorq.IntraLayer;
using Mlorq.Layers;
using Mlorq.Onnx;
using Mlorq.Onnx.Execution;
using Mlorq.Onnx.Gradients;
using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Tests;
using Mlorq.TestKit;

namespace Mlorq.Tests;

/// <summary>Operators of other domains than ONNX's own, in the middle of a model.</summary>
public class ForeignOperatorTests
{
    private static readonly RunSettings Run = new() { Threads = 2 };

    // One of ONNX Runtime's own: leaky(0.5 h Mᵀ), between the two layers. Nothing of it is at its default.
    [Theory]
    [InlineData(RuntimeProfile.Memory)]
    [InlineData(RuntimeProfile.Speed)]
    public void An_operator_of_ONNX_Runtime_passes_through_as_it_is(RuntimeProfile runtime)
    {
        var model = With(
            "com.microsoft",
            new Node("FusedGemm", "odd one", ["h", "mixing"], ["m"], [NodeAttribute.Text("activation", "LeakyRelu"), NodeAttribute.Float("activation_alpha", 0.2f), NodeAttribute.Float("alpha", 0.5f), NodeAttribute.Int("transB", 1)], "com.microsoft"));
        var calibration = TinyModels.Calibration(model);
        var options = TinyModels.Bytes(model.SizeInBytes / 5) with { Sensitivity = SensitivityMethod.Measured, Runtime = runtime, Candidates = VitFashion.Few };
        var result = Compressor.Compress(model, calibration, options, Run);
        using var folder = new TemporaryFolder();
        CompressedFile.Write(result, folder.File("small.onnx"), calibration, Run);

        var node = OnnxReader.Read(folder.File("small.onnx")).Graph.Nodes.Single(n => n.OpType == "FusedGemm");
        Assert.Equal("com.microsoft", node.Domain);
        Assert.Equal(("LeakyRelu", 0.2f, 0.5f, 1L), (node.Text("activation", ""), node.Float("activation_alpha", 0), node.Float("alpha", 0), node.Int("transB", 0)));
        Assert.Equal(2, result.Plan.Choices.Count(c => c.Layer is LinearLayer && c.Candidate.Candidate is Candidate.Dense or Candidate.MixedRows or Candidate.LowRank && c.NoiseToSignal > 0));
        // The file against the model as it was given: what a lost attribute would do to both sides of the file's own check, it cannot do to this one.
        var inputs = RandomInputs.For(model, 8);
        using var written = ModelRunner.LoadFile(folder.File("small.onnx"));
        var change = OutputChange.Between(Judge.Run(model, inputs), written.Run(inputs));
        Assert.True(change.SignalToNoiseInDecibels > 10, $"{change.SignalToNoiseInDecibels:F1} dB");
    }

    // By default it is one without a gradient; told to measure instead, Mlorq learns that nobody knows it.
    [Fact]
    public void An_operator_that_ONNX_Runtime_does_not_know_is_named_with_its_domain()
    {
        var model = With("my.domain", new Node("Strange", "odd one", ["h"], ["m"], domain: "my.domain"));
        var unknown = Assert.Throws<MissingGradientRuleException>(() => Compress(SensitivityMethod.SampleGradients));
        Assert.Contains("Node 'odd one' has operator my.domain:Strange", unknown.Message, StringComparison.Ordinal);
        var refused = Assert.Throws<ModelRunException>(() => Compress(SensitivityMethod.Measured));
        Assert.Contains("my.domain:Strange", refused.Message, StringComparison.Ordinal);
        Assert.Contains("ONNX Runtime does not know this operator", refused.Message, StringComparison.Ordinal);

        void Compress(SensitivityMethod method) => Compressor.Compress(model, TinyModels.Calibration(model), TinyModels.Bytes(40_000) with { Sensitivity = method }, Run);
    }

    private static Model With(string domain, Node node)
    {
        var editor = new GraphBuilder().Input("x", null, 64).Weight("w1", 64, 96).Weight("b1", 96).Weight("mixing", 96, 96).Weight("w2", 96, 48).Output("y")
            .Node("MatMul", "x,w1", "p").Node("Add", "p,b1", "h").Add(node).Node("MatMul", "m,w2", "y").Build().Edit();
        editor.ImportOpset(domain, 1);
        return editor.ToModel();
    }
}
