namespace Mlorq.Onnx.Execution;

/// <summary>A folder for a model that is too large to be given to ONNX Runtime in memory; it is gone when this is disposed of.</summary>
internal sealed class TemporaryModel : IDisposable
{
    private readonly string _folder;

    private TemporaryModel(string folder, string path) => (_folder, Path) = (folder, path);

    /// <summary>The path of the model.</summary>
    public string Path { get; }

    /// <summary>Writes a model.</summary>
    /// <exception cref="TemporaryFileException">There is no room.</exception>
    public static TemporaryModel Write(Graphs.Model model)
    {
        var folder = Directory.CreateTempSubdirectory("mlorq-").FullName;
        try
        {
            return new TemporaryModel(folder, LargeModel.Write(model, folder));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            TryDelete(folder);
            throw new TemporaryFileException(folder, model.SizeInBytes, e);
        }
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
