namespace Mlorq.Onnx;

/// <summary>A .npy file cannot be read or written.</summary>
public sealed class NpyException : MlorqException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="file">Path of the file.</param>
    /// <param name="cause">What is wrong and what to do, as the end of a sentence.</param>
    /// <param name="inner">The underlying failure, if any.</param>
    public NpyException(string file, string cause, Exception? inner = null)
        : base($"The array file '{file}' {cause}", inner)
    {
    }
}
