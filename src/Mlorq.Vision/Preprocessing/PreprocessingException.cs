using Mlorq.Onnx;

namespace Mlorq.Vision;

/// <summary>Preprocessing options that contradict themselves, the model's input or the form of their file.</summary>
public sealed class PreprocessingException : MlorqException
{
    /// <summary>Creates the exception with a whole message for the user.</summary>
    public PreprocessingException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
