namespace Mlorq.Onnx.Gradients.Rules;

/// <summary>Axes as operators count them, from the front or, when negative, from the end.</summary>
internal static class Axes
{
    /// <summary>The axis counted from the front.</summary>
    public static long Positive(long axis, int rank) => axis < 0 ? axis + rank : axis;
}
