using Mlorq.Onnx;

namespace Mlorq.Vision;

/// <summary>A picture file cannot be read: missing, empty, truncated, damaged or of an unknown format.</summary>
public sealed class PictureException : MlorqException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="file">Path of the picture as the caller gave it.</param>
    /// <param name="cause">What is wrong and what to do, as the end of a sentence.</param>
    /// <param name="inner">The underlying failure, if any.</param>
    public PictureException(string file, string cause, Exception? inner = null)
        : base($"The picture '{file}' cannot be read: {cause}", inner)
    {
        File = file;
    }

    /// <summary>Path of the picture.</summary>
    public string File { get; }
}
