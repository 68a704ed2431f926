using Mlorq.Onnx.Graphs;

namespace Mlorq.Vision;

/// <summary>
/// What a model's input says about pictures: channels and layout are read from its shape; sides may be free (0 or negative).
/// </summary>
/// <param name="Name">The input's name.</param>
/// <param name="Channels">1 or 3.</param>
/// <param name="Height">Rows, or 0 if free.</param>
/// <param name="Width">Pixels per row, or 0 if free.</param>
/// <param name="Layout">Order of the axes.</param>
public sealed record PictureInput(string Name, int Channels, int Height, int Width, Layout Layout)
{
    // Enough for the matrix products to be large, few enough for the activations to stay small.
    private const int FreeBatchSize = 8;

    /// <summary>Pictures that the model takes at once, or 0 if free.</summary>
    public int Batch { get; init; }

    /// <summary>Whether the first axis counts pictures; a model without it, as torchvision's detectors are, takes one picture.</summary>
    public bool HasBatchAxis { get; init; } = true;

    /// <summary>Pictures to give the model at once: what it asks for, or 8 where it leaves that free.</summary>
    public int BatchSize => Batch > 0 ? Batch : FreeBatchSize;

    /// <summary>The single input of a model that takes pictures.</summary>
    /// <exception cref="PreprocessingException">The model has several inputs, or its input takes no pictures.</exception>
    public static PictureInput Of(Model model)
    {
        ArgumentNullException.ThrowIfNull(model);
        var inputs = model.Graph.Inputs;
        if (inputs is not [var input])
        {
            throw new PreprocessingException(
                $"The model has {inputs.Count} inputs ({string.Join("; ", inputs)}); a folder of pictures feeds exactly one. Give each input a .npy file instead, as NAME=FILE.npy.");
        }

        if (input.Type != ElementType.Float)
            throw new PreprocessingException($"The input '{input.Name}' takes {input.Type}; pictures are prepared as Float. Give the data as an .npy file instead.");
        return FromShape(input.Name, [.. (input.Shape ?? []).Select(d => d ?? 0)]);
    }

    /// <summary>Shape of a batch of prepared pictures.</summary>
    /// <param name="pictures">Pictures in the batch.</param>
    /// <param name="size">Width and height of each.</param>
    public long[] ShapeOf(int pictures, PictureSize size)
    {
        long[] shape = Layout == Layout.Nchw ? [pictures, Channels, size.Height, size.Width] : [pictures, size.Height, size.Width, Channels];
        return HasBatchAxis ? shape : shape[1..];
    }

    /// <summary>Reads an input's shape.</summary>
    /// <param name="name">The input's name.</param>
    /// <param name="shape">[batch, channels, height, width] or [batch, height, width, channels], or, for colour, either without its first axis; 0 or negative where free.</param>
    /// <exception cref="PreprocessingException">Not three or four axes, or the channel axis is neither 1 nor 3.</exception>
    public static PictureInput FromShape(string name, ReadOnlySpan<long> shape)
    {
        var text = $"[{string.Join(", ", shape.ToArray().Select(d => d > 0 ? $"{d}" : "?"))}]";
        // Of colour only: a first axis of 1 may be many another thing.
        if (shape.Length == 3 && (shape[0] == 3 || shape[2] == 3)) return FromShape(name, [1, .. shape]) with { HasBatchAxis = false };
        if (shape.Length != 4)
        {
            throw new PreprocessingException(
                $"The input '{name}' has the shape {text}; pictures need [batch, channels, height, width] or [batch, height, width, channels]. "
                + "Give the data as an .npy file instead.");
        }

        var batch = Side(shape[0]);
        if (shape[1] is 1 or 3) return new PictureInput(name, (int)shape[1], Side(shape[2]), Side(shape[3]), Layout.Nchw) { Batch = batch };
        if (shape[3] is 1 or 3) return new PictureInput(name, (int)shape[3], Side(shape[1]), Side(shape[2]), Layout.Nhwc) { Batch = batch };
        throw new PreprocessingException(
            $"The input '{name}' has the shape {text}; the second or last axis must be 1 (grey) or 3 (RGB) to take pictures. "
            + "Give the data as an .npy file instead.");
    }

    /// <summary><see cref="Preprocessing.ForInput"/> in this input's layout; free sides are taken as 224.</summary>
    public Preprocessing DefaultPreprocessing() =>
        Preprocessing.ForInput(Height > 0 ? Height : 224, Width > 0 ? Width : 224, Channels) with { Layout = Layout };

    /// <summary>Refuses a preprocessing whose result this input does not take.</summary>
    /// <exception cref="PreprocessingException">All differences in one message.</exception>
    public void EnsureFits(Preprocessing preprocessing)
    {
        ArgumentNullException.ThrowIfNull(preprocessing);
        var differences = new List<string>(preprocessing.Violations());
        if (preprocessing.Channels != Channels) differences.Add($"it makes {preprocessing.Channels} channels, the input takes {Channels}.");
        if (preprocessing.Layout != Layout) differences.Add($"its layout is {preprocessing.Layout}, the input's {Layout}.");
        var size = preprocessing.Crop ?? (preprocessing.Resize is ResizeRule.Exact exact ? new PictureSize(exact.Width, exact.Height) : null);
        if (size is null && (Width > 0 || Height > 0))
            differences.Add($"it gives pictures of different sizes, the input takes {Side(Width, Height)}; set crop, or resize to \"WIDTHxHEIGHT\".");
        else if (size is { } s && ((Width > 0 && Width != s.Width) || (Height > 0 && Height != s.Height)))
            differences.Add($"it makes {s} pixels, the input takes {Side(Width, Height)}.");
        if (differences.Count > 0)
            throw new PreprocessingException($"The preprocessing does not fit the input '{Name}': {string.Join(" ", differences)}");
    }

    private static int Side(long dimension) => dimension is > 0 and <= int.MaxValue ? (int)dimension : 0;

    private static string Side(int width, int height) => $"{(width > 0 ? $"{width}" : "any")}x{(height > 0 ? $"{height}" : "any")}";
}
