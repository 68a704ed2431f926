using Mlorq.Onnx;

namespace Mlorq.Timing;

/// <summary>A table of kernel times cannot be read, or does not belong to the model.</summary>
public sealed class KernelTableException : MlorqException
{
    /// <summary>Creates the exception with a whole message for the user.</summary>
    public KernelTableException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
