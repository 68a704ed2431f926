namespace Mlorq.Vision;

/// <summary>Order of a picture's axes in a model's input.</summary>
public enum Layout
{
    /// <summary>[batch, channels, height, width].</summary>
    Nchw,

    /// <summary>[batch, height, width, channels].</summary>
    Nhwc,
}
