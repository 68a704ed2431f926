using System.Collections.Immutable;

namespace Mlorq.Vision;

/// <summary>8-bit pixels to the numbers a model was trained on.</summary>
internal static class Normalization
{
    /// <summary>
    /// (value / 255 − mean) / std in float32, each step rounded as torchvision's ToTensor and Normalize round it.
    /// </summary>
    /// <returns>[C, H, W] or [H, W, C].</returns>
    public static float[] Apply(Picture picture, ImmutableArray<float> mean, ImmutableArray<float> std, Layout layout)
    {
        var (channels, pixels) = (picture.Channels, picture.Pixels);
        var area = picture.Width * picture.Height;
        var result = GC.AllocateUninitializedArray<float>(pixels.Length);
        var (channelStep, pixelStep) = layout == Layout.Nchw ? (area, 1) : (1, channels);
        Span<float> table = stackalloc float[256];
        for (var c = 0; c < channels; c++)
        {
            Fill(table, mean[mean.Length == 1 ? 0 : c], std[std.Length == 1 ? 0 : c]);
            for (int i = 0, from = c, to = c * channelStep; i < area; i++, from += channels, to += pixelStep) result[to] = table[pixels[from]];
        }

        return result;
    }

    private static void Fill(Span<float> table, float mean, float std)
    {
        for (var value = 0; value < table.Length; value++) table[value] = ((value / 255f) - mean) / std;
    }
}
