using System.Globalization;

namespace Mlorq.Vision;

/// <summary>Width and height in pixels; as text "224" (square) or "WIDTHxHEIGHT".</summary>
/// <param name="Width">Pixels per row.</param>
/// <param name="Height">Rows.</param>
public readonly record struct PictureSize(int Width, int Height)
{
    /// <summary>A square.</summary>
    public static PictureSize Square(int side) => new(side, side);

    /// <summary>Reads "224" or "320x240" (width first); false if the text is neither or a number is not positive.</summary>
    public static bool TryParse(string? text, out PictureSize size)
    {
        var parts = (text ?? string.Empty).Split('x');
        size = default;
        if (parts.Length > 2 || !TrySide(parts[0], out var width) || !TrySide(parts[^1], out var height)) return false;
        size = new PictureSize(width, height);
        return true;
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Width}x{Height}");

    private static bool TrySide(string text, out int side) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out side) && side > 0;
}
