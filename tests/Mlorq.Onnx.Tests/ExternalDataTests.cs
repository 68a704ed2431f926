using System.Runtime.InteropServices;
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
