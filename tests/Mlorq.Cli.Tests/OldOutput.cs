using Mlorq.TestKit;

namespace Mlorq.Cli.Tests;

/// <summary>A folder with the output of an earlier run, which a failing command must leave as it is.</summary>
internal sealed class OldOutput : IDisposable
{
    private static readonly byte[] Content = [1, 2, 3, 4, 5];
    private readonly TemporaryFolder _folder = new();

    public OldOutput() => File.WriteAllBytes(Path, Content);

    public string Path => _folder.File("small.onnx");

    public string Folder => _folder.Path;

    /// <summary>The old file is whole, and nothing else is in the folder, but the state that the run can be resumed from where there should be one.</summary>
    public void IsUntouched(bool keepsState = false)
    {
        string[] expected = keepsState ? [Path, Path + ".state"] : [Path];
        Assert.Equal(expected, Directory.GetFileSystemEntries(_folder.Path).Order(StringComparer.Ordinal));
        Assert.Equal(Content, File.ReadAllBytes(Path));
    }

    public void Dispose() => _folder.Dispose();
}
