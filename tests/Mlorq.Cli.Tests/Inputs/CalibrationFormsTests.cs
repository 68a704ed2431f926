using System.IO.Compression;
using System.Runtime.InteropServices;
using Mlorq.Cli.Inputs;
using Mlorq.Onnx;
using Mlorq.Onnx.Graphs;
using Mlorq.TestKit;

namespace Mlorq.Cli.Tests.Inputs;

/// <summary>Every form in which calibration data may come, besides pictures and one array.</summary>
public sealed class CalibrationFormsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void An_archive_gives_the_same_file_as_an_array_for_each_input()
    {
        OnnxWriter.Write(SmallModels.TwoInputs(), _folder.File("model.onnx"));
        var (left, right) = (NpyBytes.Floats(20, 64), NpyBytes.Floats(20, 64));
        File.WriteAllBytes(_folder.File("left.npy"), left);
        File.WriteAllBytes(_folder.File("right.npy"), right);
        Archive("both.npz", ("left", left), ("right", right));
        Assert.Equal(
            Compress("a.onnx", $"left={_folder.File("left.npy")}", "--calibration", $"right={_folder.File("right.npy")}"),
            Compress("b.onnx", _folder.File("both.npz")));
    }

    [Fact]
    public void Texts_of_several_lengths_are_an_archive_for_each_length()
    {
        var archives = Texts();
        var set = ArrayFiles.Read(SmallModels.Text(), archives, 256);
        Assert.Equal(22, set.Count);
        Assert.Equal([[8, 5], [2, 5], [8, 9], [4, 9]], set.Batches.Select(b => b["ids"].Shape));
        set.EnsureFits(SmallModels.Text());
        // The first ones, of as many archives as are needed.
        Assert.Equal([[8, 5], [2, 5], [1, 9]], ArrayFiles.Read(SmallModels.Text(), archives, 11).Batches.Select(b => b["mask"].Shape));
        Assert.Equal([[7, 5]], ArrayFiles.Read(SmallModels.Text(), archives, 7).Batches.Select(b => b["mask"].Shape));
    }

    [Fact]
    public void A_folder_of_archives_is_all_of_them()
    {
        var archives = Texts();
        Assert.Equal(archives, Assert.IsType<CalibrationSource.Arrays>(CalibrationSource.Of([Path.GetDirectoryName(archives[0])!])).Given);
        OnnxWriter.Write(SmallModels.Text(), _folder.File("model.onnx"));
        var run = CommandRun.Of("compress", _folder.File("model.onnx"), "--calibration", Path.GetDirectoryName(archives[0])!, "--budget", "2x", "-o", _folder.File("a.onnx")).Succeeds();
        Assert.Contains("22 calibration samples are few", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void The_only_array_of_an_archive_is_for_the_only_input()
    {
        Archive("one.npz", ("arr_0", NpyBytes.Floats(5, 1, 8, 8)));
        Assert.Equal([5L, 1, 8, 8], ArrayFiles.Read(SmallModels.Classifier(), [_folder.File("one.npz")], 256).Batches.Single()["picture"].Shape);
    }

    [Fact]
    public void Archives_and_arrays_together_are_refused()
    {
        Archive("one.npz", ("left", NpyBytes.Floats(5, 64)));
        var e = Assert.Throws<CalibrationException>(() => ArrayFiles.Read(SmallModels.TwoInputs(), [_folder.File("one.npz"), "right=right.npy"], 256));
        Assert.Contains("Give .npz files alone, or one .npy file for each input", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_detector_takes_its_samples_one_by_one()
    {
        var detector = Model.Create("detector", [new ValueInfo("image", ElementType.Float, [3, 8, null])], [new ValueInfo("y", ElementType.Float, null)], 17);
        File.WriteAllBytes(_folder.File("x.npy"), NpyBytes.Floats(6, 3, 8, 4));
        var set = ArrayFiles.Read(detector, [_folder.File("x.npy")], 4);
        Assert.True(set.AreSingle);
        Assert.Equal(4, set.Count);
        Assert.Equal([3L, 8, 4], set.Batches[3]["image"].Shape);
        set.EnsureFits(detector);
    }

    [Fact]
    public void Elements_without_a_header_are_of_the_inputs_type_and_shape()
    {
        File.WriteAllBytes(_folder.File("x.raw"), Bytes([.. Enumerable.Range(0, 3 * 64).Select(i => (float)i)]));
        var array = ArrayFiles.Read(SmallModels.Classifier(), [_folder.File("x.raw")], 256).Batches.Single()["picture"];
        Assert.Equal([3L, 1, 8, 8], array.Shape);
        Assert.Equal(191, array.Floats[^1]);
        File.WriteAllBytes(_folder.File("cut.raw"), new byte[65 * 4]);
        Assert.Contains("260 bytes, which is not a whole number of samples of 256 bytes", Refused(SmallModels.Classifier(), _folder.File("cut.raw")), StringComparison.Ordinal);
        Assert.Contains("does not say how large a sample is", Refused(SmallModels.Text(), $"ids={_folder.File("x.raw")}"), StringComparison.Ordinal);
    }

    [Fact]
    public void Random_inputs_are_said_to_be_random()
    {
        OnnxWriter.Write(SmallModels.Classifier(), _folder.File("model.onnx"));
        var run = CommandRun.Of("compress", _folder.File("model.onnx"), "--calibration", "synthetic", "--budget", "2x", "-o", _folder.File("a.onnx")).Succeeds();
        Assert.Contains("The calibration inputs are random.", run.Error, StringComparison.Ordinal);
        Assert.Equal("synthetic: 32 random inputs", OnnxReader.Read(_folder.File("a.onnx")).Metadata["mlorq.calibration"]);
        Assert.Contains("synthetic: 32 random inputs", CommandRun.Of("inspect", _folder.File("a.onnx")).Succeeds().Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Random_ids_are_in_their_table_and_masks_are_open()
    {
        var set = SyntheticInputs.Create(SmallModels.Text(), [GivenShape.Parse("ids=Nx7"), GivenShape.Parse("mask=Nx7")], 32);
        Assert.Equal(32, set.Count);
        var ids = set.Batches.SelectMany(b => b["ids"].Longs.ToArray()).ToList();
        Assert.All(ids, id => Assert.InRange(id, 0, SmallModels.Vocabulary - 1));
        Assert.True(ids.Distinct().Count() > SmallModels.Vocabulary / 2);
        Assert.All(set.Batches.SelectMany(b => b["mask"].Longs.ToArray()), m => Assert.Equal(1, m));
        Assert.NotEqual(set.Batches[0]["ids"].Longs.ToArray(), set.Batches[1]["ids"].Longs.ToArray());
    }

    [Fact]
    public void Shapes_that_random_inputs_need_are_asked_for()
    {
        OnnxWriter.Write(SmallModels.Text(), _folder.File("model.onnx"));
        string[] line = ["compress", _folder.File("model.onnx"), "--budget", "2x", "-o", _folder.File("a.onnx"), "--calibration"];
        CommandRun.Of([.. line, "synthetic"]).FailsWith(ExitCode.Usage, "--shape ids=Nx?");
        CommandRun.Of([.. line, "synthetic", "--shape", "tokens=Nx7"]).FailsWith(ExitCode.Usage, "'tokens'");
        CommandRun.Of([.. line, "synthetic", "--shape", "ids=Nx7", "--shape", "mask=Nx7", "--resize", "8"]).FailsWith(ExitCode.Usage, "no pictures");
        CommandRun.Of([.. line, "x.npy", "--shape", "ids=Nx7"]).FailsWith(ExitCode.Usage, "--calibration synthetic");
        CommandRun.Of([.. line, "synthetic", "--shape", "ids=Nx7", "--shape", "mask=Nx7"]).Succeeds();
    }

    public void Dispose() => _folder.Dispose();

    private static string Refused(Model model, string given) => Assert.Throws<CalibrationException>(() => ArrayFiles.Read(model, [given], 256)).Message;

    private byte[] Compress(string output, params string[] calibration)
    {
        CommandRun.Of(["compress", _folder.File("model.onnx"), "--budget", "8KB", "--output", _folder.File(output), "--calibration", .. calibration]).Succeeds();
        return File.ReadAllBytes(_folder.File(output));
    }

    private List<string> Texts()
    {
        var texts = Directory.CreateDirectory(_folder.File("texts")).FullName;
        foreach (var (name, count, length) in new[] { ("a.npz", 10, 5), ("b.npz", 12, 9) })
            Archive(Path.Combine("texts", name), ("ids", NpyBytes.Longs(SmallModels.Vocabulary, count, length)), ("mask", NpyBytes.Longs(2, count, length)));
        return [.. Directory.EnumerateFiles(texts).Order(StringComparer.Ordinal)];
    }

    private void Archive(string name, params (string Name, byte[] Array)[] arrays)
    {
        using var archive = ZipFile.Open(_folder.File(name), ZipArchiveMode.Create);
        foreach (var (array, bytes) in arrays)
        {
            using var entry = archive.CreateEntry($"{array}.npy").Open();
            entry.Write(bytes);
        }
    }

    private static byte[] Bytes<T>(T[] values)
        where T : unmanaged => MemoryMarshal.AsBytes<T>(values).ToArray();
}
