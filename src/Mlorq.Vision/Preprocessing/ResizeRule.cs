using System.Globalization;

namespace Mlorq.Vision;

/// <summary>What size a picture is brought to before the crop.</summary>
public abstract record ResizeRule
{
    private ResizeRule()
    {
    }

    /// <summary>Reads "248" (shorter side) or "320x240" (exactly this width and height); false if the text is neither.</summary>
    public static bool TryParse(string? text, out ResizeRule? rule)
    {
        rule = null;
        if (!PictureSize.TryParse(text, out var size)) return false;
        rule = text!.Contains('x', StringComparison.Ordinal) ? new Exact(size.Width, size.Height) : new ShorterSide(size.Width);
        return true;
    }

    /// <summary>The new size of a picture.</summary>
    public abstract PictureSize NewSize(PictureSize picture);

    /// <summary>
    /// The shorter side becomes <paramref name="Length"/>, the longer one follows, rounded down, as in torchvision's Resize.
    /// </summary>
    /// <param name="Length">Pixels.</param>
    public sealed record ShorterSide(int Length) : ResizeRule
    {
        /// <inheritdoc/>
        public override PictureSize NewSize(PictureSize picture) => picture.Width <= picture.Height
            ? new PictureSize(Length, Longer(picture.Width, picture.Height))
            : new PictureSize(Longer(picture.Height, picture.Width), Length);

        /// <inheritdoc/>
        public override string ToString() => Length.ToString(CultureInfo.InvariantCulture);

        private int Longer(int shortSide, int longSide) => (int)((double)((long)Length * longSide) / shortSide);
    }

    /// <summary>Exactly this size; the aspect ratio may change.</summary>
    /// <param name="Width">Pixels per row.</param>
    /// <param name="Height">Rows.</param>
    public sealed record Exact(int Width, int Height) : ResizeRule
    {
        /// <inheritdoc/>
        public override PictureSize NewSize(PictureSize picture) => new(Width, Height);

        /// <inheritdoc/>
        public override string ToString() => new PictureSize(Width, Height).ToString();
    }
}
