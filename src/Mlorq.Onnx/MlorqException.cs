namespace Mlorq.Onnx;

/// <summary>
/// Something the user can mend: the message says what, where, which numbers and what to do.
/// Every kind of failure is a subclass of its own, so that callers (and exit codes) can tell them apart.
/// </summary>
public abstract class MlorqException : Exception
{
    /// <summary>Creates the exception with a whole message for the user.</summary>
    protected MlorqException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
