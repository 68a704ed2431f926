using Mlorq.Onnx;

namespace Mlorq.Vision;

/// <summary>A label file cannot be read or does not fit its pictures.</summary>
public sealed class LabelFileException : MlorqException
{
    /// <summary>Creates the exception with a whole message for the user.</summary>
    public LabelFileException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
