using System.IO.Compression;

namespace Mlorq.Onnx;

/// <summary>Reads NumPy's .npz files: ZIP archives of .npy files, compressed or not (<c>numpy.savez</c>, <c>numpy.savez_compressed</c>).</summary>
public static class NpzFile
{
    private const string Extension = ".npy";

    /// <summary>The arrays of an archive by their names.</summary>
    /// <exception cref="NpyException">The file cannot be read, is no archive, or an array in it is damaged or holds something else.</exception>
    public static IReadOnlyDictionary<string, NpyArray> Read(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var arrays = new Dictionary<string, NpyArray>();
        try
        {
            using var archive = ZipFile.OpenRead(path);
            foreach (var entry in archive.Entries.Where(e => e.FullName.EndsWith(Extension, StringComparison.Ordinal)))
            {
                using var content = new MemoryStream();
                using (var stream = entry.Open()) stream.CopyTo(content);
                content.Position = 0;
                if (!arrays.TryAdd(entry.FullName[..^Extension.Length], NpyFile.Read(content, $"{path}:{entry.FullName}")))
                    throw new NpyException(path, $"has the array '{entry.FullName}' twice. Save it again.");
            }
        }
        catch (InvalidDataException e)
        {
            throw new NpyException(path, $"is no .npz file, or it was cut off: {e.Message}", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new NpyException(path, $"cannot be read: {e.Message}", e);
        }

        return arrays.Count > 0 ? arrays : throw new NpyException(path, "holds no arrays. Save them with numpy.savez(path, NAME=array).");
    }
}
