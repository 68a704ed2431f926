namespace Mlorq.Onnx;

/// <summary>Files that are there whole or not at all: written beside their place, and moved there when they are complete. The old file, if any, is whole until then.</summary>
internal static class WholeFile
{
    /// <summary>Writes a file.</summary>
    /// <param name="path">The target.</param>
    /// <param name="write">Writes to the path that it is given; an exception from it leaves no new file.</param>
    /// <param name="need">What the message adds when the file cannot be written.</param>
    /// <exception cref="OutputException">It cannot be written.</exception>
    public static void Write(string path, Action<string> write, Func<string>? need = null)
    {
        var (full, temporary) = (Path.GetFullPath(path), OnnxWriter.TemporaryPath(path));
        try
        {
            write(temporary);
            File.Move(temporary, full, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new OutputException($"'{path}' cannot be written: {e.Message.TrimEnd('.')}.{need?.Invoke()}", e);
        }
        finally
        {
            TryDelete(temporary);
        }
    }

    /// <summary>Deletes a file if that can be done.</summary>
    public static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The first error is the one that the user needs.
        }
    }
}
