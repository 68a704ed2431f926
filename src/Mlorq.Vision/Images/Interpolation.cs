namespace Mlorq.Vision;

/// <summary>How a picture is resampled; the filters of PIL's <c>Image.resize</c>, widened when shrinking (antialiasing), except Nearest.</summary>
public enum Interpolation
{
    /// <summary>The pixel under the centre; no antialiasing.</summary>
    Nearest,

    /// <summary>Triangle filter, support 1.</summary>
    Bilinear,

    /// <summary>Cubic convolution with a = −0.5 (Keys), support 2.</summary>
    Bicubic,

    /// <summary>Lanczos window with three lobes, support 3.</summary>
    Lanczos,
}
