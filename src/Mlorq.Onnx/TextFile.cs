namespace Mlorq.Onnx;

/// <summary>Writes texts: to a temporary file beside the target, renamed when it is complete.</summary>
public static class TextFile
{
    /// <summary>Writes a file. The old file, if any, is whole until the new one is.</summary>
    /// <param name="path">The target.</param>
    /// <param name="text">What it will hold, as UTF-8.</param>
    /// <exception cref="OutputException">The file cannot be written.</exception>
    public static void Write(string path, string text) => WholeFile.Write(path, temporary => File.WriteAllText(temporary, text));
}
