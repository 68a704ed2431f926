using Mlorq.InterLayer;
using Mlorq.Onnx;
using Mlorq.Onnx.Gradients;
using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Passes;
using Mlorq.Onnx.Tests;
using Mlorq.Rotation;
using Mlorq.TestKit;

namespace Mlorq.Tests.Rotation;

public class StreamRotationTests
{
    private const int Width = 32;
    private const double Equal = 100;
    private static readonly RunSettings Run = new() { Threads = 2 };

    [Fact]
    public void The_sample_computes_the_same_with_other_weights()
    {
        var stream = Assert.Single(Streams(VitFashion.Canonical, VitFashion.Calibration));
        // Twelve normalisations in six blocks and one before the head; 12 layers and the patches write, with biases; the class token, the positions.
        Assert.Equal((96, 13, 28), (stream.Width, stream.Normalizations.Count, stream.Rows.Count));
        var rotated = Rotated(VitFashion.Canonical, VitFashion.Calibration);
        Assert.True(Decibels(VitFashion.Canonical, rotated, VitFashion.Calibration) > Equal);
        var node = stream.Normalizations[3].Node;
        Assert.All(rotated.Graph.Initializer(node.Input(1))!.Floats.ToArray(), w => Assert.Equal(1, w));
        // Their biases are in the next layers' and gone.
        Assert.All(rotated.Graph.Nodes.Where(n => n.Is("LayerNormalization")), n => Assert.Equal(2, n.Inputs.Count));
        Assert.False(rotated.Graph.HasInitializer(node.Input(2)));
        Assert.NotEqual(VitFashion.Canonical.Graph.Initializer(stream.Rows[0])!.Floats.ToArray(), rotated.Graph.Initializer(stream.Rows[0])!.Floats.ToArray());
    }

    [Theory]
    [InlineData("models/deit_tiny_patch16_224.onnx", 1)]
    public void Exported_graphs_compute_the_same(string file, int streams)
    {
        var model = Canonicalize.Apply(OnnxReader.Read(TestFiles.Shared(file)));
        var calibration = CalibrationSet.Of(RandomInputs.For(model, 2, seed: 3), 1);
        Assert.Equal(streams, Streams(model, calibration).Count);
        Assert.True(Decibels(model, Rotated(model, calibration), calibration) > Equal);
    }

    [Fact]
    public void Biases_stay_with_the_normalisation_where_a_reader_has_none()
    {
        var model = Canonicalize.Apply(Block(readerBias: false).Output("y").Node("Relu", "p2", "y").Build());
        var rotated = Rotated(model, TinyModels.Calibration(model));
        Assert.NotSame(model, rotated);
        Judge.SameOutputs(model, rotated, 1e-4, new Dictionary<string, Tensor>(TinyModels.Calibration(model).Batches[0]));
        Assert.Contains(rotated.Graph.Initializer("beta")!.Floats.ToArray(), b => Math.Abs(b) > 0.01);
    }

    [Fact]
    public void Four_tokens_side_by_side_are_four_sets_of_channels()
    {
        // As Swin merges patches: slices of a stream, joined on the last axis, normalised together.
        var model = Canonicalize.Apply(Block(readerBias: true).Output("y")
            .Constant("zero", Tensor.Of([0L], 1)).Constant("one", Tensor.Of([1L], 1)).Constant("two", Tensor.Of([2L], 1)).Constant("many", Tensor.Of([100L], 1))
            .Weight("wide_gamma", 2 * Width).Weight("wide_beta", 2 * Width).Weight("w5", 2 * Width, 40)
            .Node("Slice", "s2,zero,many,one,two", "even").Node("Slice", "s2,one,many,one,two", "odd").Node("Concat", "even,odd", "pair", NodeAttribute.Int("axis", -1))
            .Node("LayerNormalization", "pair,wide_gamma,wide_beta", "wide").Node("MatMul", "wide,w5", "p5").Node("Relu", "p5", "y").Build());
        var stream = Assert.Single(Streams(model, TinyModels.Calibration(model)));
        Assert.Equal((Width, 2), (stream.Width, stream.Normalizations.Count));
        Judge.SameOutputs(model, Rotated(model, TinyModels.Calibration(model)), 1e-4, new Dictionary<string, Tensor>(TinyModels.Calibration(model).Batches[0]));
    }

    // What comes in and what goes out would need a rotation each.
    [Fact]
    public void A_stream_between_tied_embeddings_stays_as_it_is()
    {
        var model = Canonicalize.Apply(new GraphBuilder().Input("ids", ElementType.Int64, null, 6).Weight("table", 100, Width).Weight("w1", Width, Width).Weight("b1", Width).Weight("g1", Width).Weight("o1", Width)
            .Weight("w2", Width, Width).Weight("b2", Width).Weight("g2", Width).Weight("o2", Width).Output("y")
            .Node("Gather", "table,ids", "e").Node("LayerNormalization", "e,g1,o1", "n1").Node("MatMul", "n1,w1", "p1").Node("Add", "p1,b1", "h1").Node("Relu", "h1", "r").Node("MatMul", "r,w2", "p2").Node("Add", "p2,b2", "h2").Node("Add", "e,h2", "s")
            .Node("LayerNormalization", "s,g2,o2", "n2").Node("Transpose", "table", "head", NodeAttribute.Ints("perm", 1, 0)).Node("MatMul", "n2,head", "y").Build());
        var calibration = TinyModels.Calibration(model);
        Assert.Empty(Streams(model, calibration));
        Assert.Same(model, Rotated(model, calibration));
    }

    [Fact]
    public void A_layer_may_read_one_stream_and_write_into_the_next()
    {
        var model = Canonicalize.Apply(Block(readerBias: true).Output("y")
            .Weight("g2", Width).Weight("o2", Width).Weight("w5", Width, 16).Weight("b5", 16).Weight("g3", 16).Weight("o3", 16).Weight("w6", 16, 16).Weight("b6", 16).Weight("g4", 16).Weight("o4", 16).Weight("w7", 16, 40)
            .Node("LayerNormalization", "s2,g2,o2", "n2").Node("MatMul", "n2,w5", "p5").Node("Add", "p5,b5", "t1")
            .Node("LayerNormalization", "t1,g3,o3", "n3").Node("MatMul", "n3,w6", "p6").Node("Add", "p6,b6", "f6").Node("Add", "t1,f6", "t2")
            .Node("LayerNormalization", "t2,g4,o4", "n4").Node("MatMul", "n4,w7", "p7").Node("Relu", "p7", "y").Build());
        // w5 does; w6 reads the second stream and writes into it.
        Assert.Equal([16, Width], Streams(model, TinyModels.Calibration(model)).Select(s => s.Width));
        Judge.SameOutputs(model, Rotated(model, TinyModels.Calibration(model)), 1e-4, new Dictionary<string, Tensor>(TinyModels.Calibration(model).Batches[0]));
    }

    [Fact]
    public void A_graph_with_sequences_does_not_fail()
    {
        var editor = Block(readerBias: true, input: "x2").Output("y").Constant("first", Tensor.Of([0L])).Node("Relu", "p2", "y").Build().Edit();
        editor.Nodes.InsertRange(0, [new Node("SequenceConstruct", "", ["x", "x"], ["both"]), new Node("Identity", "", ["both"], ["same"]), new Node("SequenceAt", "", ["same", "first"], ["x2"])]);
        var model = Canonicalize.Apply(editor.ToModel());
        Judge.SameOutputs(model, Rotated(model, TinyModels.Calibration(model)), 1e-4, new Dictionary<string, Tensor>(TinyModels.Calibration(model).Batches[0]));
    }

    [Theory]
    [InlineData("an output")]
    [InlineData("an activation")]
    [InlineData("a normalised value that is added")]
    [InlineData("a weight that another product reads")]
    public void What_cannot_be_rotated_stays(string reason)
    {
        var builder = Block(readerBias: true).Output("y");
        var model = Canonicalize.Apply((reason switch
        {
            "an output" => builder.Output("s2").Node("Relu", "p2", "y"),
            "an activation" => builder.Node("Relu", "s2", "y"),
            "a normalised value that is added" => builder.Node("Add", "s1,n", "m").Node("Relu", "m", "y"),
            _ => builder.Node("MatMul", "x,w1", "again").Node("Concat", "again,a", "both", NodeAttribute.Int("axis", -1)).Node("Relu", "both", "y"),
        }).Build());
        Assert.Empty(Streams(model, TinyModels.Calibration(model)));
        Assert.Same(model, Rotated(model, TinyModels.Calibration(model)));
    }

    [Fact]
    public void Outliers_are_spread_out()
    {
        var model = Canonicalize.Apply(Block(readerBias: true).Output("y").Node("Relu", "p2", "y").Build());
        var weight = model.Graph.Initializer("w2")!.Floats.ToArray();
        for (var o = 0; o < 48; o++) weight[(7 * 48) + o] *= 20;
        var editor = model.Edit();
        editor.SetInitializer("w2", Tensor.Of(weight, Width, 48));
        model = editor.ToModel();
        var rotated = Rotated(model, TinyModels.Calibration(model)).Graph.Initializer("w2")!.Floats.ToArray();
        Assert.True(Peak(rotated) < Peak(weight) / 2, $"{Peak(rotated)} and {Peak(weight)}");

        double Peak(float[] w) => Math.Sqrt(w.Max(v => v * v) / w.Average(v => v * v));
    }

    // x → W1 + b1 = s1; s2 = s1 + (relu(LN(s1) W2 (+ b2)) W3 + b3).
    private static GraphBuilder Block(bool readerBias, string input = "x")
    {
        var builder = new GraphBuilder().Input("x", null, 6, 24).Weight("w1", 24, Width).Weight("b1", Width).Weight("gamma", Width).Weight("beta", Width).Weight("w2", Width, 48).Weight("w3", 48, Width).Weight("b3", Width)
            .Node("MatMul", $"{input},w1", "p1").Node("Add", "p1,b1", "s1").Node("LayerNormalization", "s1,gamma,beta", "n").Node("MatMul", "n,w2", "p2");
        if (readerBias) builder = builder.Weight("b2", 48).Node("Add", "p2,b2", "h").Node("Relu", "h", "a");
        else builder = builder.Node("Relu", "p2", "a");
        return builder.Node("MatMul", "a,w3", "p3").Node("Add", "p3,b3", "f").Node("Add", "s1,f", "s2");
    }

    private static IReadOnlyList<ResidualStream> Streams(Model model, CalibrationSet calibration) =>
        StreamSearch.Find(model.Graph, TracedValues.Of(model, calibration.Batches[0], StreamSearch.Values(model.Graph)).Shapes);

    private static Model Rotated(Model model, CalibrationSet calibration) => StreamRotation.Apply(model, calibration, 1, Run);

    private static double Decibels(Model model, Model rotated, CalibrationSet calibration) => OutputComparison.Between(model, rotated, calibration, Run).SignalToNoiseInDecibels;
}
