using Google.Protobuf;
using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Protobuf;

namespace Mlorq.Onnx;

/// <summary>Weights in files beside the model: brings them inside, those of Constant nodes, subgraphs and functions included.</summary>
internal static class ExternalData
{
    /// <returns>The files that were read.</returns>
    public static IReadOnlyCollection<string> Load(ModelProto model, string folder)
    {
        var files = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var tensor in In(model))
        {
            var path = PathOf(tensor, folder);
            files.Add(path);
            tensor.RawData = ReadPart(tensor.Name, path, Number(tensor, "offset") ?? 0, Number(tensor, "length"));
            tensor.ExternalData.Clear();
            tensor.ClearDataLocation();
            EnsureWhole(tensor);
        }

        return files;
    }

    /// <exception cref="ExternalDataException">A tensor is in another file.</exception>
    public static void Refuse(ModelProto model)
    {
        foreach (var tensor in In(model))
        {
            throw new ExternalDataException($"Tensor '{tensor.Name}' is in the file '{Entry(tensor, "location")}', which a model in memory has no place for. Read the model from its file.");
        }
    }

    private static IEnumerable<TensorProto> In(ModelProto model) =>
        In(model.Graph).Concat(model.Functions.SelectMany(f => In(f.Node))).Where(t => t.DataLocation == TensorProto.Types.DataLocation.External);

    private static IEnumerable<TensorProto> In(GraphProto graph) => graph.Initializer.Concat(In(graph.Node));

    private static IEnumerable<TensorProto> In(IEnumerable<NodeProto> nodes) => nodes.SelectMany(n => n.Attribute)
        .SelectMany(a => (a.T is null ? a.Tensors : a.Tensors.Append(a.T)).Concat((a.G is null ? a.Graphs : a.Graphs.Append(a.G)).SelectMany(In)));

    private static string PathOf(TensorProto tensor, string folder)
    {
        var location = Entry(tensor, "location")
            ?? throw new ExternalDataException($"Tensor '{tensor.Name}' is said to be in another file, but the model does not say which.");
        var path = Path.GetFullPath(Path.Combine(folder, location));
        // Compared part by part: 'models-old' is not inside 'models', though the text of one begins with the other.
        var relative = Path.GetRelativePath(folder, path);
        if (Path.IsPathRooted(location) || Path.IsPathRooted(relative) || relative.Split(Path.DirectorySeparatorChar)[0] == "..")
        {
            throw new ExternalDataException($"Tensor '{tensor.Name}' is said to be in '{location}', outside the model's folder. Only files beside the model are read.");
        }

        return path;
    }

    private static ByteString ReadPart(string name, string path, long offset, long? length)
    {
        if (!File.Exists(path)) throw new ExternalDataException($"Tensor '{name}' is in '{path}', and that file is missing. Put it beside the model.");
        try
        {
            using var stream = File.OpenRead(path);
            var count = length ?? stream.Length - offset;
            if (offset < 0 || count < 0 || offset > stream.Length || count > stream.Length - offset)
            {
                throw new ExternalDataException($"Tensor '{name}' needs {count} bytes from byte {offset} on of '{path}', which has only {stream.Length}. The file was cut off.");
            }

            if (count > Array.MaxLength) throw new ExternalDataException($"Tensor '{name}' has {count} bytes; more than {Array.MaxLength} in one tensor are not supported.");
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

    private static void EnsureWhole(TensorProto tensor)
    {
        try
        {
            TensorCodec.Read(tensor);
        }
        catch (InvalidModelException e)
        {
            throw new ExternalDataException($"{e.Message} Its values come from a file beside the model, which may belong to another model.", e);
        }
    }

    private static string? Entry(TensorProto tensor, string key) => tensor.ExternalData.FirstOrDefault(e => e.Key == key)?.Value;

    private static long? Number(TensorProto tensor, string key) =>
        Entry(tensor, key) is { } text
            ? long.TryParse(text, out var value) ? value : throw new ExternalDataException($"Tensor '{tensor.Name}': '{text}' is no number for {key}.")
            : null;
}
