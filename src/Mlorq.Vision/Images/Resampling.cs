namespace Mlorq.Vision;

/// <summary>
/// Resizes 8-bit pictures with the same bits as PIL's <c>Image.resize</c>: first along the rows, then along the columns,
/// each in fixed point and rounded to 8 bits. The published accuracies of ViT, DeiT and Swin assume exactly this.
/// </summary>
public static class Resampling
{
    /// <summary>Resizes a picture; one that has the size already is returned as it is.</summary>
    /// <param name="picture">1 or 3 channels.</param>
    /// <param name="width">New width in pixels, at least 1.</param>
    /// <param name="height">New height in pixels, at least 1.</param>
    /// <param name="interpolation">The filter.</param>
    public static Picture Resize(Picture picture, int width, int height, Interpolation interpolation)
    {
        ArgumentNullException.ThrowIfNull(picture);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        if (picture.Width == width && picture.Height == height) return picture;
        if (interpolation == Interpolation.Nearest) return Nearest(picture, width, height);

        if (picture.Width != width)
        {
            var coefficients = ResamplingCoefficients.For(picture.Width, width, interpolation);
            picture = new Picture(width, picture.Height, picture.Channels, ResamplingPasses.Horizontal(picture, width, coefficients));
        }

        if (picture.Height != height)
        {
            var coefficients = ResamplingCoefficients.For(picture.Height, height, interpolation);
            picture = new Picture(width, height, picture.Channels, ResamplingPasses.Vertical(picture, height, coefficients));
        }

        return picture;
    }

    private static Picture Nearest(Picture picture, int width, int height)
    {
        var columns = NearestPositions(picture.Width, width);
        var rows = NearestPositions(picture.Height, height);
        var channels = picture.Channels;
        var result = GC.AllocateUninitializedArray<byte>(checked(width * height * channels));
        var o = 0;
        foreach (var row in rows)
        {
            var line = picture.Pixels.AsSpan(row * picture.Width * channels, picture.Width * channels);
            foreach (var column in columns)
            {
                for (var c = 0; c < channels; c++) result[o++] = line[(column * channels) + c];
            }
        }

        return new Picture(width, height, channels, result);
    }

    // The position is summed up, not multiplied, because PIL does so and the rounding shows at exact halves.
    private static int[] NearestPositions(int inputSize, int outputSize)
    {
        var scale = (double)inputSize / outputSize;
        var position = scale * 0.5;
        var positions = new int[outputSize];
        for (var i = 0; i < outputSize; i++, position += scale) positions[i] = Math.Min((int)position, inputSize - 1);
        return positions;
    }
}
