namespace Mlorq.Onnx;

/// <summary>The file is not an ONNX model that can be worked with: not ONNX, damaged, too old, or breaking the rules of the format.</summary>
public sealed class InvalidModelException : MlorqException
{
    /// <summary>Creates the exception with a whole message for the user.</summary>
    public InvalidModelException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}

/// <summary>A weight lives in a file beside the model, and that file is missing or too short.</summary>
public sealed class ExternalDataException : MlorqException
{
    /// <summary>Creates the exception with a whole message for the user.</summary>
    public ExternalDataException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}

/// <summary>A file cannot be written: no folder, no permission, no space.</summary>
public sealed class OutputException : MlorqException
{
    /// <summary>Creates the exception with a whole message for the user.</summary>
    public OutputException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}

/// <summary>ONNX Runtime refuses to load or to run a model.</summary>
public sealed class ModelRunException : MlorqException
{
    /// <summary>Creates the exception with a whole message for the user.</summary>
    public ModelRunException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
