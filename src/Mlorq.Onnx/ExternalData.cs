using Google.Protobuf;
using Mlorq.Onnx.Protobuf;

namespace Mlorq.Onnx;

/// <summary>Weights in files beside the model: brings them inside.</summary>
internal static class ExternalData
{
    public static void Load(GraphProto graph, string folder)
    {
        foreach (var tensor in graph.Initializer.Where(t => t.DataLocation == TensorProto.Types.DataLocation.External))
        {
            var location = Entry(tensor, "location") ?? throw new ExternalDataException($"Tensor '{tensor.Name}' is said to be in another file, but the model does not say which.");
            var path = Path.GetFullPath(Path.Combine(folder, location));
            if (!path.StartsWith(Path.GetFullPath(folder), StringComparison.Ordinal))
            {
                throw new ExternalDataException($"Tensor '{tensor.Name}' is said to be in '{location}', outside the model's folder. Only files beside the model are read.");
            }

            tensor.RawData = ReadPart(tensor.Name, path, Number(tensor, "offset") ?? 0, Number(tensor, "length"));
            tensor.ExternalData.Clear();
            tensor.ClearDataLocation();
        }
    }

    private static ByteString ReadPart(string name, string path, long offset, long? length)
    {
        if (!File.Exists(path)) throw new ExternalDataException($"Tensor '{name}' is in '{path}', and that file is missing. Put it beside the model.");
        try
        {
            using var stream = File.OpenRead(path);
            var count = length ?? stream.Length - offset;
            if (offset < 0 || count < 0 || offset + count > stream.Length)
            {
                throw new ExternalDataException($"Tensor '{name}' needs bytes {offset} to {offset + count} of '{path}', which has only {stream.Length}. The file was cut off.");
            }

            var bytes = new byte[count];
            stream.Position = offset;
            stream.ReadExactly(bytes);
            return UnsafeByteOperations.UnsafeWrap(bytes);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ExternalDataException($"'{path}' with the weights of '{name}' cannot be read: {e.Message}", e);
        }
    }

    private static string? Entry(TensorProto tensor, string key) => tensor.ExternalData.FirstOrDefault(e => e.Key == key)?.Value;

    private static long? Number(TensorProto tensor, string key) =>
        Entry(tensor, key) is { } text
            ? long.TryParse(text, out var value) ? value : throw new ExternalDataException($"Tensor '{tensor.Name}': '{text}' is no number for {key}.")
            : null;
}
