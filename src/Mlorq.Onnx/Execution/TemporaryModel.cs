namespace Mlorq.Onnx.Execution;

/// <summary>A folder for a model that is better not, or cannot be, given to ONNX Runtime in memory; it is gone when this is disposed of.</summary>
internal sealed class TemporaryModel : IDisposable
{
    // The number of the process tells its folders from those of others.
    private static readonly string Prefix = $"mlorq-{Environment.ProcessId}-";

    private readonly string _folder;

    private TemporaryModel(string folder, string path) => (_folder, Path) = (folder, path);

    /// <summary>The path of the model.</summary>
    public string Path { get; }

    /// <summary>Writes a model.</summary>
    /// <exception cref="TemporaryFileException">There is no room.</exception>
    public static TemporaryModel Write(Graphs.Model model)
    {
        string? folder = null;
        try
        {
            folder = Directory.CreateTempSubdirectory(Prefix).FullName;
            return new TemporaryModel(folder, LargeModel.Write(model, folder));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            if (folder is not null) TryDelete(folder);
            throw new TemporaryFileException(folder ?? System.IO.Path.GetTempPath(), model.SizeInBytes, e);
        }
    }

    /// <summary>Deletes the folders of this process, where it ends without disposing of them.</summary>
    public static void DeleteAll()
    {
        foreach (var folder in Directory.GetDirectories(System.IO.Path.GetTempPath(), Prefix + "*")) TryDelete(folder);
    }

    public void Dispose() => TryDelete(_folder);

    private static void TryDelete(string folder)
    {
        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Where files in use cannot be deleted, the system's cleaning of temporary files does it.
        }
    }
}
