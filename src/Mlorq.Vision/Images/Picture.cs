namespace Mlorq.Vision;

/// <summary>An 8-bit picture, grey or RGB, in memory.</summary>
public sealed class Picture
{
    /// <summary>Wraps pixels without copying them.</summary>
    /// <param name="width">Pixels per row, at least 1.</param>
    /// <param name="height">Rows, at least 1.</param>
    /// <param name="channels">1 (grey) or 3 (red, green, blue).</param>
    /// <param name="pixels">Interleaved rows from the top, width · height · channels bytes.</param>
    /// <exception cref="ArgumentException">The numbers do not fit together.</exception>
    public Picture(int width, int height, int channels, byte[] pixels)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        ArgumentNullException.ThrowIfNull(pixels);
        if (channels is not (1 or 3)) throw new ArgumentOutOfRangeException(nameof(channels), channels, "A picture has 1 or 3 channels.");
        var expected = (long)width * height * channels;
        if (pixels.LongLength != expected)
            throw new ArgumentException($"{width}x{height}x{channels} needs {expected} bytes, got {pixels.LongLength}.", nameof(pixels));
        Width = width;
        Height = height;
        Channels = channels;
        Pixels = pixels;
    }

    /// <summary>Pixels per row.</summary>
    public int Width { get; }

    /// <summary>Rows.</summary>
    public int Height { get; }

    /// <summary>1 (grey) or 3 (red, green, blue).</summary>
    public int Channels { get; }

    /// <summary>Interleaved rows from the top: [Height, Width, Channels]. Owned by the picture; not to be changed.</summary>
    public byte[] Pixels { get; }

    /// <summary>The same picture with three equal channels if it is grey; itself if it is RGB. Like PIL's <c>convert("RGB")</c>.</summary>
    public Picture ToRgb()
    {
        if (Channels == 3) return this;
        var rgb = GC.AllocateUninitializedArray<byte>(Pixels.Length * 3);
        for (int i = 0, o = 0; i < Pixels.Length; i++, o += 3)
        {
            rgb[o] = rgb[o + 1] = rgb[o + 2] = Pixels[i];
        }

        return new Picture(Width, Height, 3, rgb);
    }

    /// <summary>
    /// The luma of an RGB picture; itself if it is grey. ITU-R BT.601 weights in 16-bit fixed point, rounded,
    /// the same bits as PIL's <c>convert("L")</c>.
    /// </summary>
    public Picture ToGrey()
    {
        if (Channels == 1) return this;
        var grey = GC.AllocateUninitializedArray<byte>(Width * Height);
        for (int i = 0, o = 0; o < grey.Length; i += 3, o++)
        {
            grey[o] = (byte)(((Pixels[i] * 19595) + (Pixels[i + 1] * 38470) + (Pixels[i + 2] * 7471) + 0x8000) >> 16);
        }

        return new Picture(Width, Height, 1, grey);
    }

    /// <summary>The picture with 1 or 3 channels, by <see cref="ToGrey"/> or <see cref="ToRgb"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Neither 1 nor 3.</exception>
    public Picture WithChannels(int channels) => channels switch
    {
        1 => ToGrey(),
        3 => ToRgb(),
        _ => throw new ArgumentOutOfRangeException(nameof(channels), channels, "A picture has 1 or 3 channels."),
    };
}
