using Mlorq.Onnx;

namespace Mlorq.Vision;

/// <summary>A folder of pictures is missing, not readable or empty.</summary>
public sealed class ImageFolderException : MlorqException
{
    /// <summary>Creates the exception with a whole message for the user.</summary>
    public ImageFolderException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
