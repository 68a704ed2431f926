using System.Text;
using CsCheck;
using Mlorq.Onnx.Graphs;
using Mlorq.TestKit;

namespace Mlorq.Onnx.Tests;

public class OnnxReaderTests
{
    [Theory]
    [MemberData(nameof(SampleModels.All), MemberType = typeof(SampleModels))]
    public void A_model_that_is_read_and_written_has_the_bytes_of_its_file(string file)
    {
        var path = SampleModels.PathOf(file);
        var model = OnnxReader.Read(path);
        var original = File.ReadAllBytes(path);
        Assert.Equal(original.Length, model.SizeInBytes);
        Assert.True(original.AsSpan().SequenceEqual(OnnxWriter.ToBytes(model)));
        Assert.True(original.AsSpan().SequenceEqual(OnnxWriter.ToBytes(OnnxReader.Parse(original).Edit().ToModel())));
    }

    [Fact]
    public void A_file_that_was_cut_off_is_refused_wherever_the_cut_is()
    {
        using var folder = new TemporaryFolder();
        var whole = OnnxWriter.ToBytes(SmallModel());
        for (var length = 0; length < whole.Length; length++)
        {
            File.WriteAllBytes(folder.File("cut.onnx"), whole[..length]);
            var e = Assert.Throws<InvalidModelException>(() => OnnxReader.Read(folder.File("cut.onnx")));
            Assert.Contains("cut.onnx", e.Message, StringComparison.Ordinal);
            Assert.EndsWith("It is not an ONNX file, or it was cut off.", e.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_link_to_a_file_that_is_too_large_is_refused_for_the_length_of_the_file()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "needs symbolic links and files with holes");
        using var folder = new TemporaryFolder();
        using (var large = File.Create(folder.File("large.onnx"))) large.SetLength(int.MaxValue + 1L);
        File.CreateSymbolicLink(folder.File("near.onnx"), folder.File("large.onnx"));
        File.CreateSymbolicLink(folder.File("far.onnx"), folder.File("near.onnx"));
        foreach (var name in (string[])["large.onnx", "near.onnx", "far.onnx"])
            Assert.Contains("2147483648 bytes", Assert.Throws<InvalidModelException>(() => OnnxReader.Read(folder.File(name))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Random_bytes_are_refused_or_read_but_nothing_else_happens() =>
        Gen.Byte.Array[0, 400].Sample(bytes => ReadsOrRefuses(bytes), iter: 20_000);

    [Fact]
    public void A_model_with_damaged_bytes_is_refused_or_read_but_nothing_else_happens()
    {
        var whole = OnnxWriter.ToBytes(ModelForEveryPass());
        Gen.Select(Gen.Int[0, whole.Length - 1], Gen.Byte).Array[1, 4].Sample(
            changes =>
            {
                var bytes = whole.ToArray();
                foreach (var (at, value) in changes) bytes[at] = value;
                return ReadsOrRefuses(bytes);
            },
            iter: 20_000);
    }

    [Theory]
    [InlineData("This is a text and no model.\n")]
    [InlineData("{\"format\": \"json\"}")]
    [InlineData("%PDF-1.7")]
    public void A_text_file_is_refused(string text)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("notes.txt"), text, Encoding.UTF8);
        Assert.Throws<InvalidModelException>(() => OnnxReader.Read(folder.File("notes.txt")));
    }

    [Fact]
    public void A_folder_and_a_missing_file_are_told_apart()
    {
        using var folder = new TemporaryFolder();
        Assert.Equal($"'{folder.Path}' is a folder, not an ONNX file.", Assert.Throws<InvalidModelException>(() => OnnxReader.Read(folder.Path)).Message);
        var missing = folder.File("missing.onnx");
        Assert.Equal($"There is no file '{missing}'.", Assert.Throws<InvalidModelException>(() => OnnxReader.Read(missing)).Message);
    }

    private static Model SmallModel() =>
        new GraphBuilder().Input("x", 2, 3).Weight("w", 3, 4).Weight("b", 4).Output("y").Node("Gemm", "x,w,b", "y", NodeAttribute.Float("alpha", 0.5f)).Build();

    private static Model ModelForEveryPass()
    {
        var body = new GraphBuilder().Output("t").Node("ReduceMean", "m", "t", NodeAttribute.Ints("axes", 1)).Build(13);
        return new GraphBuilder().Input("x", 1, 1, 2, 2).Input("c", ElementType.Bool).Output("y").Output("z")
            .Weight("k", 2, 1, 2, 2).Weight("w", 2, 2).Weight("b", 1, 2).Constant("s", Tensor.Of([1L, 2], 2))
            .Node("Constant", "", "h", NodeAttribute.Tensor("value", Tensor.Of([(Half)1, (Half)2], 2)))
            .Node("Cast", "h", "f", NodeAttribute.Int("to", 1)).Node("Reshape", "f,s", "r").Node("Transpose", "w", "wt", NodeAttribute.Ints("perm", 1, 0))
            .Node("Conv", "x,k", "p", NodeAttribute.Ints("strides", 2, 2)).Node("Reshape", "p,s", "q")
            .Node("Gemm", "q,wt,b", "g", NodeAttribute.Int("transB", 1), NodeAttribute.Float("beta", 2)).Node("Add", "g,r", "m")
            .Node("Split", "m", "y,u", NodeAttribute.Int("axis", 1)).Node("If", "c", "z", NodeAttribute.Graph("then_branch", body), NodeAttribute.Graph("else_branch", body))
            .Build(13);
    }

    private static bool ReadsOrRefuses(byte[] bytes)
    {
        try
        {
            var model = OnnxReader.Parse(bytes);
            GraphCheck.Ensure(model);
            Mlorq.Onnx.Passes.Canonicalize.Apply(model);
        }
        catch (MlorqException e)
        {
            Assert.NotEmpty(e.Message);
        }

        return true;
    }
}
