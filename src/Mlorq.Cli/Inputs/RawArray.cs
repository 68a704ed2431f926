using Mlorq.Onnx.Graphs;

namespace Mlorq.Cli.Inputs;

/// <summary>A .raw file: the elements of an input's samples one after the other, little-endian, of the input's own type and shape, and nothing else.</summary>
internal static class RawArray
{
    /// <summary>Whether a file is one, by its name.</summary>
    public static bool Is(string path) => path.EndsWith(".raw", StringComparison.OrdinalIgnoreCase);

    /// <summary>Reads it.</summary>
    /// <param name="path">The file.</param>
    /// <param name="input">The input; null where the model has none of the name that was given.</param>
    /// <returns>The samples along the first axis.</returns>
    /// <exception cref="CalibrationException">The file cannot be read, or the input does not say how large a sample is, or the file's length is not that of whole samples.</exception>
    public static Tensor Read(string path, ValueInfo? input)
    {
        if (input is null || input.Shape is not [_, ..] shape || shape.Skip(1).Any(d => d is null) || !GeneratedInput.CanBeOf(input.Type))
            throw new CalibrationException($"'{path}' has no header, and {(input is null ? "the model has no such input" : $"the input {input} does not say how large a sample is")}. Save it with numpy.save, and give the .npy file.");
        var bytes = Bytes(path);
        IReadOnlyList<long> sample = [.. shape.Skip(1).Select(d => d!.Value)];
        var size = Tensor.CountElements(sample) * input.Type.SizeInBytes();
        if (bytes.Length > 0 && size > 0 && bytes.Length % size == 0) return new Tensor(input.Type, [bytes.Length / size, .. sample], bytes);
        throw new CalibrationException($"'{path}' has {bytes.Length} bytes, which is not a whole number of samples of {size} bytes for the input {input}.");
    }

    private static byte[] Bytes(string path)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CalibrationException($"'{path}' cannot be read: {e.Message}", e);
        }
    }
}
