namespace Mlorq.Onnx.Execution;

/// <summary>What does not fit in memory cannot be kept in a temporary file.</summary>
public sealed class TemporaryFileException : MlorqException
{
    internal TemporaryFileException(string folder, long bytes, Exception inner)
        : base($"The temporary file in '{folder}' cannot be used, with {bytes} bytes wanted: {inner.Message.TrimEnd('.')}. Make room there, choose another folder for temporary files, or allow more memory.", inner)
    {
    }
}
