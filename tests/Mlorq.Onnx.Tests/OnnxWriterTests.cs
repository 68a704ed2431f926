using Mlorq.Onnx.Graphs;
using Mlorq.TestKit;

namespace Mlorq.Onnx.Tests;

public class OnnxWriterTests
{
    private static readonly byte[] Old = [1, 2, 3];

    [Fact]
    public void A_written_file_holds_the_models_bytes_and_replaces_the_old_one()
    {
        using var folder = new TemporaryFolder();
        var path = WithOldFile(folder);
        OnnxWriter.Write(SmallModel(), path);
        Assert.Equal(OnnxWriter.ToBytes(SmallModel()), File.ReadAllBytes(path));
        Assert.Equal([path], Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public void The_check_sees_the_complete_new_file_while_the_old_one_is_still_there()
    {
        using var folder = new TemporaryFolder();
        var path = WithOldFile(folder);
        var seen = false;
        OnnxWriter.Write(SmallModel(), path, temporary =>
        {
            Assert.Equal(OnnxWriter.ToBytes(SmallModel()), File.ReadAllBytes(temporary));
            Assert.Equal(Old, File.ReadAllBytes(path));
            seen = true;
        });
        Assert.True(seen);
    }

    [Fact]
    public void A_failing_check_leaves_the_old_file_and_nothing_else()
    {
        using var folder = new TemporaryFolder();
        var path = WithOldFile(folder);
        Assert.Throws<ModelRunException>(() => OnnxWriter.Write(SmallModel(), path, _ => throw new ModelRunException("no")));
        Assert.Throws<OperationCanceledException>(() => OnnxWriter.Write(SmallModel(), path, _ => throw new OperationCanceledException()));
        Assert.Throws<OutputException>(() => OnnxWriter.Write(SmallModel(), path, _ => throw new IOException("No space left on device")));
        Assert.Equal(Old, File.ReadAllBytes(path));
        Assert.Equal([path], Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public void A_target_in_a_missing_folder_or_below_a_file_or_on_a_folder_is_refused()
    {
        using var folder = new TemporaryFolder();
        var file = WithOldFile(folder);
        foreach (var path in new[] { folder.File("missing/model.onnx"), Path.Combine(file, "model.onnx"), folder.Path })
        {
            Assert.Contains(path, Assert.Throws<OutputException>(() => OnnxWriter.Write(SmallModel(), path)).Message, StringComparison.Ordinal);
            Assert.Throws<OutputException>(() => OnnxWriter.EnsureWritable(path));
        }

        Assert.Equal([file], Directory.GetFileSystemEntries(folder.Path));
        Assert.Equal([], Directory.GetFiles(Path.GetDirectoryName(folder.Path)!, Path.GetFileName(folder.Path) + ".*"));
    }

    [Fact]
    public void A_folder_that_may_not_be_written_to_is_refused()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs /proc, which nobody may write to");
        Assert.Throws<OutputException>(() => OnnxWriter.Write(SmallModel(), "/proc/model.onnx"));
        Assert.Throws<OutputException>(() => OnnxWriter.EnsureWritable("/proc/model.onnx"));
    }

    [Fact]
    public void A_read_only_folder_is_refused()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && !Environment.IsPrivilegedProcess, "needs Unix permissions and a user whom they bind");
        if (!OperatingSystem.IsLinux()) return; // The skip above, in words that the compiler knows.
        using var folder = new TemporaryFolder();
        var path = WithOldFile(folder);
        File.SetUnixFileMode(folder.Path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        try
        {
            Assert.Throws<OutputException>(() => OnnxWriter.Write(SmallModel(), path));
            Assert.Throws<OutputException>(() => OnnxWriter.EnsureWritable(path));
            Assert.Equal(Old, File.ReadAllBytes(path));
        }
        finally
        {
            File.SetUnixFileMode(folder.Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    [Fact]
    public void A_full_disk_is_reported_and_leaves_no_file()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "needs /dev/full");
        // The temporary file's name is known, so a link to the full device can stand in its place.
        using var folder = new TemporaryFolder();
        var path = WithOldFile(folder);
        File.CreateSymbolicLink($"{path}.{Environment.ProcessId}.partial", "/dev/full");
        var e = Assert.Throws<OutputException>(() => OnnxWriter.Write(SmallModel(), path));
        Assert.Contains("No space left", e.Message, StringComparison.Ordinal);
        Assert.Equal(Old, File.ReadAllBytes(path));
        Assert.Equal([path], Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public void Asking_whether_a_file_can_be_written_leaves_no_trace()
    {
        using var folder = new TemporaryFolder();
        OnnxWriter.EnsureWritable(folder.File("new.onnx"));
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
        var path = WithOldFile(folder);
        OnnxWriter.EnsureWritable(path);
        Assert.Equal(Old, File.ReadAllBytes(path));
        Assert.Equal([path], Directory.GetFileSystemEntries(folder.Path));
    }

    private static string WithOldFile(TemporaryFolder folder)
    {
        File.WriteAllBytes(folder.File("model.onnx"), Old);
        return folder.File("model.onnx");
    }

    private static Model SmallModel() => new GraphBuilder().Input("x", 2).Output("y").Node("Neg", "x", "y").Build();
}
