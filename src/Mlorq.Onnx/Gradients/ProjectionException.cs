namespace Mlorq.Onnx.Gradients;

/// <summary>A tensor that was named to be projected cannot be.</summary>
public sealed class ProjectionException : MlorqException
{
    /// <summary>Creates the exception with a whole message for the user.</summary>
    public ProjectionException(string message)
        : base(message)
    {
    }
}
