using Mlorq.IntraLayer;
using Mlorq.Layers;
using Mlorq.Onnx.Gradients;
using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Tests;
using Mlorq.TestKit;

namespace Mlorq.Tests;

/// <summary>Small detectors of the kinds that exporters write: what has no weights passes through, in both runtime profiles.</summary>
public class DetectorModelTests
{
    private const int Width = 64;
    private const int Queries = 8;
    private static readonly RunSettings Run = new() { Threads = 2 };

    [Theory]
    [InlineData(RuntimeProfile.Memory)]
    [InlineData(RuntimeProfile.Speed)]
    public void Queries_that_look_at_all_of_a_picture(RuntimeProfile runtime)
    {
        var model = Attention(Attention(Backbone().Weight("queries", Queries, Width), "tokens", "tokens", "seen"), "queries", "seen", "found");
        var result = Compresses(Heads(model).Build(18), runtime);
        Assert.Contains(result.Layers, l => l.Layer is ConvolutionLayer);
        Assert.True(result.Change.SignalToNoiseInDecibels > 15, $"{result.Change.SignalToNoiseInDecibels:F1} dB");
    }

    // What deformable attention consists of: points that queries choose, a picture read there, and weights for what is read.
    [Theory]
    [InlineData(RuntimeProfile.Memory)]
    [InlineData(RuntimeProfile.Speed)]
    public void Queries_that_look_at_some_points_of_a_picture(RuntimeProfile runtime)
    {
        var result = Compresses(Deformable("bilinear", "zeros").Build(18), runtime);
        var sample = Assert.Single(result.Model.Graph.Nodes, n => n.Is("GridSample"));
        Assert.Equal(("bilinear", "zeros", 0L), (sample.Text("mode", ""), sample.Text("padding_mode", ""), sample.Int("align_corners", 1)));
        // In front of where gradients have to pass the operator by its points.
        Assert.True(result.Plan.Choices.Single(c => c.Layer.Name.Contains("offsets", StringComparison.Ordinal)).NoiseToSignal > 0);
        Assert.True(result.Change.SignalToNoiseInDecibels > 15, $"{result.Change.SignalToNoiseInDecibels:F1} dB");
    }

    [Theory]
    [InlineData(RuntimeProfile.Memory)]
    [InlineData(RuntimeProfile.Speed)]
    public void An_operator_without_a_gradient_passes_through_and_prices_are_measured(RuntimeProfile runtime)
    {
        var model = Deformable("bilinear", "reflection").Build(18);
        var e = Assert.Throws<MissingGradientRuleException>(() => Compresses(model, runtime));
        Assert.Contains("GridSample", e.Message, StringComparison.Ordinal);
        var result = Compresses(model, runtime, o => o with { Sensitivity = SensitivityMethod.Measured, Weighting = ErrorWeighting.InputMoments, Tuning = o.Tuning with { Method = TuningMethod.None } });
        Assert.Equal("reflection", Assert.Single(result.Model.Graph.Nodes, n => n.Is("GridSample")).Text("padding_mode", ""));
        Assert.True(result.Change.SignalToNoiseInDecibels > 15, $"{result.Change.SignalToNoiseInDecibels:F1} dB");
    }

    // As mmdetection exports: what is put out is chosen by NonMaxSuppression.
    [Theory]
    [InlineData(RuntimeProfile.Memory)]
    [InlineData(RuntimeProfile.Speed)]
    public void Boxes_that_are_chosen(RuntimeProfile runtime)
    {
        var result = Compresses(Chosen(threshold: 0).Build(18), runtime);
        Assert.Single(result.Model.Graph.Nodes, n => n.Is("NonMaxSuppression"));
        Assert.NotEqual(0, Judge.Run(result.Model, Picture(1))[0].Count);
    }

    // Nothing is detected, so the outputs of right and wrong files are the same.
    [Theory]
    [InlineData(RuntimeProfile.Memory, "/row_scale")]
    [InlineData(RuntimeProfile.Memory, "/fp16")]
    [InlineData(RuntimeProfile.Speed, "/row_scale")]
    [InlineData(RuntimeProfile.Speed, "/fp16")]
    public void A_wrong_constant_is_found_where_nothing_is_detected(RuntimeProfile runtime, string kind)
    {
        var model = Chosen(threshold: 1e6f).Build(18);
        var result = Compresses(model, runtime);
        Assert.Equal(0, Judge.Run(result.Model, Picture(1))[0].Count);
        using var folder = new TemporaryFolder();
        foreach (var name in result.Model.Graph.InitializerNames.Where(n => n.EndsWith(kind, StringComparison.Ordinal)))
        {
            var editor = result.Model.Edit();
            var tensor = result.Model.Graph.Initializer(name)!;
            editor.SetInitializer(name, new Tensor(tensor.Type, tensor.Shape, new byte[tensor.Bytes.Length]));
            Assert.Throws<VerificationException>(() => CompressedFile.Write(result with { Model = editor.ToModel() }, folder.File("wrong.onnx"), Pictures(model), Run));
        }
    }

    private static GraphBuilder Backbone() => new GraphBuilder().Input("x", null, 3, 16, 16).Weight("patches", Width, 3, 5, 5).Weight("places", 16, Width).Constant("flat", Tensor.Of([0L, Width, -1L], 3))
        .Node("Conv", "x,patches", "map", NodeAttribute.Ints("strides", 4, 4), NodeAttribute.Ints("pads", 1, 1, 0, 0)).Node("Reshape", "map,flat", "columns")
        .Node("Transpose", "columns", "patch_tokens", NodeAttribute.Ints("perm", 0, 2, 1)).Node("Add", "patch_tokens,places", "tokens");

    private static GraphBuilder Attention(GraphBuilder graph, string from, string to, string output) => Normalized(
        graph.Weight($"{output}/wq", Width, Width).Weight($"{output}/wk", Width, Width).Weight($"{output}/wv", Width, Width).Weight($"{output}/wo", Width, Width).Constant($"{output}/scale", Tensor.Of([0.01f]))
            .Node("MatMul", $"{from},{output}/wq", $"{output}/q").Node("MatMul", $"{to},{output}/wk", $"{output}/k").Node("MatMul", $"{to},{output}/wv", $"{output}/v")
            .Node("Transpose", $"{output}/k", $"{output}/kt", NodeAttribute.Ints("perm", 0, 2, 1)).Node("MatMul", $"{output}/q,{output}/kt", $"{output}/products").Node("Mul", $"{output}/products,{output}/scale", $"{output}/scores")
            .Node("Softmax", $"{output}/scores", $"{output}/shares", NodeAttribute.Int("axis", -1)).Node("MatMul", $"{output}/shares,{output}/v", $"{output}/mixed").Node("MatMul", $"{output}/mixed,{output}/wo", $"{output}/raw"),
        output);

    private static GraphBuilder Normalized(GraphBuilder graph, string output) => graph
        .Weight($"{output}/gain", Width).Weight($"{output}/shift", Width).Node("LayerNormalization", $"{output}/raw,{output}/gain,{output}/shift", output);

    private static GraphBuilder Heads(GraphBuilder graph) => graph.Weight("classes", Width, 20).Weight("corners", Width, 16).Weight("last", 16, 4)
        .Node("MatMul", "found,classes", "logits").Node("MatMul", "found,corners", "hidden").Node("Relu", "hidden", "positive").Node("MatMul", "positive,last", "raw_boxes").Node("Sigmoid", "raw_boxes", "pred_boxes")
        .Output("logits").Output("pred_boxes");

    // Eight points for each query of each picture: queries are what the picture is on average, and what they are.
    private static GraphBuilder Deformable(string mode, string padding) => Heads(Normalized(
        Backbone().Weight("queries", Queries, Width).Weight("woffsets", Width, 16).Weight("wvalues", Width, Width).Weight("wshares", Width, 8).Weight("wout", Width, Width).Weight("wsummary", Width, Width)
            .Constant("few", Tensor.Of([0.02f])).Constant("grid", Tensor.Of([0L, Queries, 8L, 2L], 4)).Constant("map_shape", Tensor.Of([0L, Width, 4L, 4L], 4)).Constant("one", Tensor.Of([1L], 1)).Constant("three", Tensor.Of([3L], 1))
            .Node("ReduceMean", "tokens,one", "average").Node("MatMul", "average,wsummary", "summary").Node("Mul", "summary,few", "small").Node("Add", "small,queries", "asking")
            .Node("MatMul", "asking,woffsets", "offsets").Node("Mul", "offsets,few", "near").Node("Tanh", "near", "bounded").Node("Reshape", "bounded,grid", "points")
            .Node("MatMul", "tokens,wvalues", "values").Node("Transpose", "values", "value_rows", NodeAttribute.Ints("perm", 0, 2, 1)).Node("Reshape", "value_rows,map_shape", "value_map")
            .Node("GridSample", "value_map,points", "read", NodeAttribute.Text("mode", mode), NodeAttribute.Text("padding_mode", padding), NodeAttribute.Int("align_corners", 0))
            .Node("MatMul", "asking,wshares", "share_scores").Node("Mul", "share_scores,few", "soft").Node("Softmax", "soft", "shares", NodeAttribute.Int("axis", -1)).Node("Unsqueeze", "shares,one", "of_channels")
            .Node("Mul", "read,of_channels", "weighed").Node("ReduceSum", "weighed,three", "summed", NodeAttribute.Int("keepdims", 0)).Node("Transpose", "summed", "rows", NodeAttribute.Ints("perm", 0, 2, 1))
            .Node("MatMul", "rows,wout", "found/raw"),
        "found"));

    private static GraphBuilder Chosen(float threshold) => Attention(Backbone(), "tokens", "tokens", "found")
        .Weight("classes", Width, 20).Weight("corners", Width, 16).Weight("last", 16, 4)
        .Constant("most", Tensor.Of([3L], 1)).Constant("overlap", Tensor.Of([0.5f], 1)).Constant("threshold", Tensor.Of([threshold], 1)).Constant("box_column", Tensor.Of([2L])).Constant("first", Tensor.Of([0L]))
        .Node("MatMul", "found,classes", "logits").Node("Transpose", "logits", "scores", NodeAttribute.Ints("perm", 0, 2, 1))
        .Node("MatMul", "found,corners", "hidden").Node("Relu", "hidden", "positive").Node("MatMul", "positive,last", "boxes")
        .Node("NonMaxSuppression", "boxes,scores,most,overlap,threshold", "chosen").Node("Gather", "chosen,box_column", "rows", NodeAttribute.Int("axis", 1))
        .Node("Gather", "boxes,first", "of_picture").Node("Gather", "of_picture,rows", "dets")
        .Output("dets");

    private static CompressionResult Compresses(Model model, RuntimeProfile runtime, Func<CompressionOptions, CompressionOptions>? change = null)
    {
        var calibration = Pictures(model);
        var options = TinyModels.Bytes(40_000) with { Runtime = runtime };
        var result = Compressor.Compress(model, calibration, change?.Invoke(options) ?? options, Run);
        using var folder = new TemporaryFolder();
        CompressedFile.Write(result, folder.File("small.onnx"), calibration, Run);
        Assert.Equal(result.Plan.SizeInBytes, new FileInfo(folder.File("small.onnx")).Length);
        Assert.True(result.Plan.SizeInBytes <= 40_000);
        Assert.Contains(result.Plan.Choices, c => c.Layer is LinearLayer && c.Candidate.Candidate is Candidate.Dense or Candidate.MixedRows or Candidate.LowRank);
        return result;
    }

    private static CalibrationSet Pictures(Model model) => new([.. Enumerable.Range(0, 16).Select(i => RandomInputs.For(model, 1, seed: 20 + i))]);

    private static Dictionary<string, Tensor> Picture(int seed) => RandomInputs.For(Chosen(0).Build(18), 1, seed: seed);
}
