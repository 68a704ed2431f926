using Mlorq.Onnx;

namespace Mlorq.Vision;

/// <summary>A file in COCO's form cannot be read, is damaged, or lacks what is asked for.</summary>
public sealed class CocoException : MlorqException
{
    /// <summary>Creates the exception with a whole message for the user.</summary>
    public CocoException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
