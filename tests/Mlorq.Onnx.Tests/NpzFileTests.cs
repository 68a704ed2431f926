using System.IO.Compression;
using Mlorq.TestKit;

namespace Mlorq.Onnx.Tests;

public sealed class NpzFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData(CompressionLevel.NoCompression)]
    [InlineData(CompressionLevel.Optimal)]
    public void Arrays_by_their_names(CompressionLevel level)
    {
        var arrays = NpzFile.Read(Archive(level, ("ids", 3), ("deep/mask", 2)));
        Assert.Equal(["deep/mask", "ids"], arrays.Keys.Order(StringComparer.Ordinal));
        Assert.Equal([3], arrays["ids"].Shape);
        Assert.Equal([0f, 1], arrays["deep/mask"].Values<float>());
    }

    [Fact]
    public void What_is_no_archive_is_refused()
    {
        File.WriteAllText(_folder.File("a.npz"), "no archive at all");
        Assert.Contains("a.npz' is no .npz file", Assert.Throws<NpyException>(() => NpzFile.Read(_folder.File("a.npz"))).Message, StringComparison.Ordinal);
        Assert.Contains("cannot be read", Assert.Throws<NpyException>(() => NpzFile.Read(_folder.File("none.npz"))).Message, StringComparison.Ordinal);
        Assert.Contains("holds no arrays", Assert.Throws<NpyException>(() => NpzFile.Read(Archive(CompressionLevel.Optimal))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_damaged_array_is_named()
    {
        var path = Archive(CompressionLevel.Optimal, ("ids", 3));
        using (var archive = ZipFile.Open(path, ZipArchiveMode.Update))
        using (var stream = archive.CreateEntry("mask.npy").Open()) stream.Write("damaged"u8);
        Assert.Contains("mask.npy' is no .npy file", Assert.Throws<NpyException>(() => NpzFile.Read(path)).Message, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private string Archive(CompressionLevel level, params (string Name, int Count)[] arrays)
    {
        var path = _folder.File("arrays.npz");
        File.Delete(path);
        using var archive = ZipFile.Open(path, ZipArchiveMode.Create);
        foreach (var (name, count) in arrays)
        {
            NpyFile.Write(_folder.File("one.npy"), [.. Enumerable.Range(0, count).Select(i => (float)i)], count);
            archive.CreateEntryFromFile(_folder.File("one.npy"), $"{name}.npy", level);
        }

        return path;
    }
}
