using Mlorq.Cli.Inputs;
using Mlorq.Onnx;
using Mlorq.TestKit;

namespace Mlorq.Cli.Tests.BadInput;

public sealed class OutputTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly byte[] _bytes = OnnxWriter.ToBytes(SmallModels.Classifier());

    public OutputTests() => File.WriteAllBytes(Model, _bytes);

    private string Model => _folder.File("model.onnx");

    [Fact]
    public void A_folder_that_does_not_exist() => Refused(_folder.File("none/small.onnx"), "does not exist");

    [Fact]
    public void A_folder_in_place_of_a_file() => Refused(_folder.Path, "is a folder");

    [Fact]
    public void A_place_that_may_not_be_written_to()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs /proc, which nobody may write to");
        Refused("/proc/small.onnx", "/proc/small.onnx", "cannot be written");
    }

    [Fact]
    public void The_input_itself_under_any_name()
    {
        Refused(Model, "same file as the input");
        Refused(Path.GetRelativePath(Environment.CurrentDirectory, Model), "same file as the input");
        Refused(Path.Combine(_folder.Path, "..", Path.GetFileName(_folder.Path), ".", "model.onnx"), "same file as the input");
    }

    [Fact]
    public void The_input_behind_symbolic_links()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "needs the right to make symbolic links");
        using var links = new TemporaryFolder();
        File.CreateSymbolicLink(links.File("file.onnx"), Model);
        Directory.CreateSymbolicLink(links.File("folder"), _folder.Path);
        File.CreateSymbolicLink(links.File("both.onnx"), Path.Combine("folder", "model.onnx"));
        Refused(links.File("file.onnx"), "same file as the input");
        Refused(links.File("folder/model.onnx"), "same file as the input");
        Refused(links.File("both.onnx"), "same file as the input");
    }

    [Fact]
    public void A_calibration_file()
    {
        NpyFile.Write(_folder.File("x.npy"), new float[64], 1, 1, 8, 8);
        CommandRun.Of("compress", Model, "--calibration", _folder.File("x.npy"), "--budget", "2x", "--output", _folder.File("x.npy"))
            .FailsWith(ExitCode.OutputCannotBeWritten, "same file as the input", "x.npy");
    }

    [Fact]
    public void The_weights_beside_the_model()
    {
        File.WriteAllBytes(Model, SmallModels.WithExternalWeight());
        File.WriteAllBytes(_folder.File("weights.bin"), new byte[64 * 32 * sizeof(float)]);
        CommandRun.Of("compress", Model, "--calibration", Sample.Calibration, "--budget", "2x", "--output", _folder.File("weights.bin"))
            .FailsWith(ExitCode.OutputCannotBeWritten, "same file as the input", "weights.bin");
        Assert.Equal(64 * 32 * sizeof(float), new FileInfo(_folder.File("weights.bin")).Length);
    }

    [Fact]
    public void Links_in_a_circle_end()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "needs the right to make symbolic links");
        File.CreateSymbolicLink(_folder.File("a"), _folder.File("b"));
        File.CreateSymbolicLink(_folder.File("b"), _folder.File("a"));
        Assert.StartsWith(_folder.Path, OutputPath.Real(_folder.File("a")), StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private void Refused(string output, params string[] words)
    {
        CommandRun.Of("compress", Model, "--calibration", Sample.Calibration, "--samples", "8", "--budget", "2x", "--output", output)
            .FailsWith(ExitCode.OutputCannotBeWritten, words);
        Assert.Equal(_bytes, File.ReadAllBytes(Model));
        Assert.Equal([Model], Directory.GetFileSystemEntries(_folder.Path));
    }
}
