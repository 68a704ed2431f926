using System.Collections.Immutable;

namespace Mlorq.Vision;

/// <summary>
/// From a decoded picture to a model's input, in the order of torchvision and timm: channels, resize, centre crop,
/// 8-bit values / 255, (value − mean) / std. The default values are those of ImageNet classifiers without a size.
/// </summary>
public sealed record Preprocessing
{
    /// <summary>Means of red, green and blue over ImageNet, on the scale 0…1.</summary>
    public static ImmutableArray<float> ImageNetMean { get; } = [0.485f, 0.456f, 0.406f];

    /// <summary>Standard deviations of red, green and blue over ImageNet, on the scale 0…1.</summary>
    public static ImmutableArray<float> ImageNetStd { get; } = [0.229f, 0.224f, 0.225f];

    /// <summary>Size before the crop; null leaves the picture's own.</summary>
    public ResizeRule? Resize { get; init; }

    /// <summary>Size of the centre crop; null takes the whole picture.</summary>
    public PictureSize? Crop { get; init; }

    /// <summary>Filter of the resizing.</summary>
    public Interpolation Interpolation { get; init; } = Interpolation.Bicubic;

    /// <summary>Subtracted, on the scale 0…1: one number for all channels or one for each.</summary>
    public ImmutableArray<float> Mean { get; init; } = ImageNetMean;

    /// <summary>Divided by after that: one number for all channels or one for each.</summary>
    public ImmutableArray<float> Std { get; init; } = ImageNetStd;

    /// <summary>1 (colour pictures are turned grey) or 3 (grey pictures are repeated).</summary>
    public int Channels { get; init; } = 3;

    /// <summary>Order of the axes.</summary>
    public Layout Layout { get; init; } = Layout.Nchw;

    /// <summary>
    /// What is most probably right for an input of this size. Square RGB: ImageNet mean and std, bicubic, shorter side to
    /// size / 0.9 (rounded down), centre crop, as timm does by default. RGB of another shape: the same, resized exactly and not
    /// cropped. Grey: resized exactly, not cropped, mean 0 and std 1, because no convention exists.
    /// </summary>
    /// <exception cref="PreprocessingException">Channels are neither 1 nor 3, or a side is not positive.</exception>
    public static Preprocessing ForInput(int height, int width, int channels)
    {
        if (height < 1 || width < 1 || channels is not (1 or 3))
        {
            throw new PreprocessingException(
                $"The model's input takes {channels} channels of {width}x{height} pixels; pictures can be prepared for 1 (grey) or 3 (RGB) channels "
                + "of a known positive size. Give the data as an .npy file instead.");
        }

        var exact = new Preprocessing { Resize = new ResizeRule.Exact(width, height), Channels = channels };
        if (channels == 1) return exact with { Mean = [0f], Std = [1f] };
        return width == height
            ? exact with { Resize = new ResizeRule.ShorterSide((int)Math.Floor(width / 0.9)), Crop = PictureSize.Square(width) }
            : exact;
    }

    /// <summary>Reads a JSON object; see <see cref="PreprocessingJson"/> for its fields.</summary>
    /// <param name="json">The object.</param>
    /// <param name="defaults">Where missing fields come from, such as <see cref="ForInput"/>; null: a new <see cref="Preprocessing"/>.</param>
    /// <exception cref="PreprocessingException">All violations in one message.</exception>
    public static Preprocessing Parse(string json, Preprocessing? defaults = null) =>
        PreprocessingJson.Read(json, defaults ?? new Preprocessing(), "The preprocessing");

    /// <summary>Reads a JSON file; see <see cref="Parse"/>.</summary>
    /// <exception cref="PreprocessingException">The file cannot be read, or all violations in one message.</exception>
    public static Preprocessing Load(string path, Preprocessing? defaults = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        string json;
        try
        {
            json = File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new PreprocessingException($"The preprocessing file '{path}' cannot be read: {e.Message}", e);
        }

        return PreprocessingJson.Read(json, defaults ?? new Preprocessing(), $"The preprocessing file '{path}'");
    }

    /// <summary>All fields as one line of JSON; <see cref="Parse"/> reads it back to an equal value.</summary>
    public string ToJson() => PreprocessingJson.Write(this);

    /// <summary>What is wrong with the values, one sentence each; empty if nothing is.</summary>
    public IReadOnlyList<string> Violations()
    {
        var violations = new List<string>();
        if (Channels is not (1 or 3)) violations.Add($"channels is {Channels}; 1 (grey) or 3 (RGB) are possible.");
        var resize = Resize?.NewSize(new PictureSize(1, 1)) ?? PictureSize.Square(1);
        if (resize.Width < 1 || resize.Height < 1) violations.Add($"resize is {Resize}; sizes are at least 1.");
        if (Crop is { } crop && (crop.Width < 1 || crop.Height < 1)) violations.Add($"crop is {crop}; sizes are at least 1.");
        if (!Enum.IsDefined(Interpolation)) violations.Add($"interpolation is {Interpolation}, which is none.");
        if (!Enum.IsDefined(Layout)) violations.Add($"layout is {Layout}, which is none.");
        CheckNumbers("mean", Mean, violations);
        CheckNumbers("std", Std, violations);
        if (!Std.IsDefault && Std.Any(s => s <= 0)) violations.Add($"std is {string.Join(", ", Std)}; every number must be above 0.");
        return violations;
    }

    /// <summary>Size of the prepared picture.</summary>
    public PictureSize OutputSize(PictureSize picture) => Crop ?? Resize?.NewSize(picture) ?? picture;

    /// <summary>
    /// Prepares one picture: [Channels, H, W] or [H, W, Channels] float32 values, with the size of <see cref="OutputSize"/>.
    /// </summary>
    /// <exception cref="PreprocessingException"><see cref="Violations"/> are present.</exception>
    public float[] Apply(Picture picture) => Normalization.Apply(ToPixels(picture), Mean, Std, Layout);

    /// <summary>The 8-bit picture before normalisation: channels, resize and crop done.</summary>
    /// <exception cref="PreprocessingException"><see cref="Violations"/> are present.</exception>
    public Picture ToPixels(Picture picture)
    {
        ArgumentNullException.ThrowIfNull(picture);
        EnsureValid("The preprocessing");
        picture = picture.WithChannels(Channels);
        if (Resize is not null)
        {
            var size = Resize.NewSize(new PictureSize(picture.Width, picture.Height));
            picture = Resampling.Resize(picture, size.Width, size.Height, Interpolation);
        }

        return Crop is { } crop ? CentreCrop.Apply(picture, crop) : picture;
    }

    /// <summary>Equal values in all fields.</summary>
    public bool Equals(Preprocessing? other) =>
        other is not null && Resize == other.Resize && Crop == other.Crop && Interpolation == other.Interpolation
        && Channels == other.Channels && Layout == other.Layout && Mean.SequenceEqual(other.Mean) && Std.SequenceEqual(other.Std);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Resize, Crop, Interpolation, Channels, Layout, Mean.Length, Std.Length);

    /// <inheritdoc/>
    public override string ToString() => ToJson();

    internal Preprocessing EnsureValid(string subject)
    {
        var violations = Violations();
        return violations.Count == 0 ? this : throw new PreprocessingException($"{subject} is not valid: {string.Join(" ", violations)}");
    }

    private void CheckNumbers(string name, ImmutableArray<float> numbers, List<string> violations)
    {
        if (numbers.IsDefaultOrEmpty || (numbers.Length != 1 && numbers.Length != Channels))
            violations.Add($"{name} has {(numbers.IsDefault ? 0 : numbers.Length)} numbers; it needs 1 or as many as channels ({Channels}).");
        else if (numbers.Any(n => !float.IsFinite(n))) violations.Add($"{name} is {string.Join(", ", numbers)}; every number must be finite.");
    }
}
