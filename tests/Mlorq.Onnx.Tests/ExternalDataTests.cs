using System.Runtime.InteropServices;
using Mlorq.Onnx.Graphs;
using Mlorq.TestKit;

namespace Mlorq.Onnx.Tests;

public class ExternalDataTests
{
    private static readonly float[] Values = [1, 2, 3, 4, 5, 6];

    [Fact]
    public void Weights_in_a_neighbouring_file_are_brought_inside()
    {
        using var folder = new TemporaryFolder();
        WriteWeights(folder, "weights.bin", 8);
        var model = OnnxReader.Read(Write(folder, ("location", "weights.bin"), ("offset", "8"), ("length", "24")));
        Assert.Equal(Values, model.Graph.Initializer("w")!.Floats.ToArray());
        // The written model is whole without the other file.
        File.Delete(folder.File("weights.bin"));
        Assert.Equal(Values, OnnxReader.Parse(OnnxWriter.ToBytes(model)).Graph.Initializer("w")!.Floats.ToArray());
        Judge.Run(model, RandomInputs.For(model));
    }

    [Fact]
    public void Without_offset_and_length_the_whole_file_is_meant()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.File("data"));
        WriteWeights(folder, "data/weights.bin", 0);
        Assert.Equal(Values, OnnxReader.Read(Write(folder, ("location", "data/weights.bin"))).Graph.Initializer("w")!.Floats.ToArray());
    }

    [Fact]
    public void A_missing_file_is_named_with_its_tensor()
    {
        using var folder = new TemporaryFolder();
        var e = Assert.Throws<ExternalDataException>(() => OnnxReader.Read(Write(folder, ("location", "weights.bin"))));
        Assert.Equal($"Tensor 'w' is in '{folder.File("weights.bin")}', and that file is missing. Put it beside the model.", e.Message);
    }

    [Theory]
    [InlineData("0", "25")]
    [InlineData("1", "24")]
    [InlineData("25", null)]
    [InlineData("9223372036854775807", "24")]
    [InlineData("1", "9223372036854775807")]
    [InlineData("-1", "24")]
    [InlineData("0", "-24")]
    public void A_file_that_is_too_short_is_refused(string offset, string? length)
    {
        using var folder = new TemporaryFolder();
        WriteWeights(folder, "weights.bin", 0);
        List<(string, string)> entries = [("location", "weights.bin"), ("offset", offset)];
        if (length is not null) entries.Add(("length", length));
        Assert.Contains("has only 24", Assert.Throws<ExternalDataException>(() => OnnxReader.Read(Write(folder, [.. entries]))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_of_another_models_size_is_refused()
    {
        using var folder = new TemporaryFolder();
        WriteWeights(folder, "weights.bin", 4);
        var e = Assert.Throws<ExternalDataException>(() => OnnxReader.Read(Write(folder, ("location", "weights.bin"))));
        Assert.Contains("should hold 24 bytes but holds 28", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("../weights.bin")]
    [InlineData("data/../../weights.bin")]
    [InlineData("/etc/hostname")]
    public void A_file_outside_the_models_folder_is_not_read(string location)
    {
        using var folder = new TemporaryFolder();
        Assert.Contains("outside the model's folder", Assert.Throws<ExternalDataException>(() => OnnxReader.Read(Write(folder, ("location", location)))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_whose_name_begins_with_the_models_is_outside_too()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.File("model"));
        Directory.CreateDirectory(folder.File("model-secret"));
        WriteWeights(folder, "model-secret/weights.bin", 0);
        var path = folder.File("model/m.onnx");
        File.WriteAllBytes(path, Bytes(("location", "../model-secret/weights.bin")));
        Assert.Contains("outside the model's folder", Assert.Throws<ExternalDataException>(() => OnnxReader.Read(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Entries_that_make_no_sense_are_refused()
    {
        using var folder = new TemporaryFolder();
        WriteWeights(folder, "weights.bin", 0);
        Assert.Contains("does not say which", Assert.Throws<ExternalDataException>(() => OnnxReader.Read(Write(folder))).Message, StringComparison.Ordinal);
        var e = Assert.Throws<ExternalDataException>(() => OnnxReader.Read(Write(folder, ("location", "weights.bin"), ("offset", "many"))));
        Assert.Contains("'many' is no number for offset", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_in_memory_cannot_have_weights_elsewhere() =>
        Assert.Contains("weights.bin", Assert.Throws<ExternalDataException>(() => OnnxReader.Parse(Bytes(("location", "weights.bin")))).Message, StringComparison.Ordinal);

    // The model read is the model written, byte for byte, so every tensor came back to its place.
    [Theory]
    [InlineData("initializer")]
    [InlineData("Constant node")]
    [InlineData("initializer of a body")]
    [InlineData("Constant node in a body of a body")]
    [InlineData("Constant node in a function")]
    [InlineData("body in a function")]
    public void Weights_in_a_neighbouring_file_are_brought_inside_wherever_in_the_model_they_are(string place)
    {
        using var folder = new TemporaryFolder();
        var model = WithWeight(place);
        var path = ExternalWeights.Write(model, folder);
        // The weight alone has 24 bytes.
        Assert.InRange(new FileInfo(folder.File(ExternalWeights.FileName)).Length, 24, 100);
        Assert.Contains(ExternalWeights.FileName, Assert.Throws<ExternalDataException>(() => OnnxReader.Parse(File.ReadAllBytes(path))).Message, StringComparison.Ordinal);
        var read = OnnxReader.Read(path);
        Assert.Equal([path, folder.File(ExternalWeights.FileName)], read.Files);
        Assert.Equal(OnnxWriter.ToBytes(model), OnnxWriter.ToBytes(read));
        Judge.SameOutputs(model, read);
        File.Delete(folder.File(ExternalWeights.FileName));
        Assert.Contains("that file is missing", Assert.Throws<ExternalDataException>(() => OnnxReader.Read(path)).Message, StringComparison.Ordinal);
    }

    // x w with w [3, 2] in some place.
    private static Model WithWeight(string place)
    {
        var weight = Tensor.Of(Values, 3, 2);
        var (constant, product) = (new Node("Constant", "", [], ["w"], [NodeAttribute.Tensor("value", weight)]), new Node("MatMul", "", ["x", "w"], ["y"]));
        var graph = new GraphBuilder().Input("x", 2, 3).Output("y");
        return place switch
        {
            "initializer" => graph.Constant("w", weight).Add(product).Build(),
            "Constant node" => graph.Add(constant).Add(product).Build(),
            "initializer of a body" => Choice(graph, new GraphBuilder().Constant("w", weight).Output("t").Node("MatMul", "x,w", "t").Build()),
            "Constant node in a body of a body" => Choice(graph, Choice(new GraphBuilder().Output("inner"), new GraphBuilder().Output("t").Add(constant).Node("MatMul", "x,w", "t").Build(), "inner")),
            "Constant node in a function" => WithFunction(graph, constant, product),
            _ => WithFunction(graph, [.. Choice(new GraphBuilder().Output("y"), new GraphBuilder().Output("t").Add(constant).Node("MatMul", "x,w", "t").Build()).Graph.Nodes]),
        };
    }

    // Both branches are the same, so that either computes with the weight.
    private static Model Choice(GraphBuilder graph, Model branch, string output = "y") => graph
        .Node("ReduceSum", "x", $"sum {output}", NodeAttribute.Int("keepdims", 0)).Node("IsNaN", $"sum {output}", $"odd {output}")
        .Node("If", $"odd {output}", output, NodeAttribute.Graph("then_branch", branch), NodeAttribute.Graph("else_branch", branch)).Build();

    private static Model WithFunction(GraphBuilder graph, params Node[] nodes)
    {
        var editor = graph.Add(new Node("Times", "", ["x"], ["y"], domain: "local")).Build().Edit();
        editor.AddFunction(new Function("local", "Times", ["x"], ["y"], [], nodes, [("", 17)]));
        return editor.ToModel();
    }

    private static void WriteWeights(TemporaryFolder folder, string name, int bytesBefore) =>
        File.WriteAllBytes(folder.File(name), [.. new byte[bytesBefore], .. MemoryMarshal.AsBytes<float>(Values)]);

    private static string Write(TemporaryFolder folder, params (string Key, string Value)[] entries)
    {
        File.WriteAllBytes(folder.File("model.onnx"), Bytes(entries));
        return folder.File("model.onnx");
    }

    /// <summary>A model whose weight w [3, 2] is said to be elsewhere, written field by field: the library itself never writes such a file.</summary>
    private static byte[] Bytes(params (string Key, string Value)[] entries)
    {
        var model = OnnxWriter.ToBytes(new GraphBuilder().Input("x", 2, 3).Output("y").Node("MatMul", "x,w", "y").Build());
        byte[] tensor = [0x08, 3, 0x08, 2, 0x10, 1, .. WireFormat.Field(8, "w")];
        foreach (var (key, value) in entries)
        {
            tensor = [.. tensor, .. WireFormat.Field(13, WireFormat.Join(WireFormat.Field(1, key), WireFormat.Field(2, value)))];
        }

        // A second part of the graph: protobuf joins the parts of a message that comes twice.
        return WireFormat.Join(model, WireFormat.Field(7, WireFormat.Field(5, [.. tensor, 0x70, 1])));
    }
}
