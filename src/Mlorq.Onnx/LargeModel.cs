using System.Globalization;
using Google.Protobuf;
using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Protobuf;

namespace Mlorq.Onnx;

/// <summary>
/// Models of 2 GB and more, which one message of the wire format cannot hold, and others that had better not be in one: the weights apart, one after another, and a message that says where each is.
/// </summary>
internal static class LargeModel
{
    // The name of the file of the weights, where there is one.
    private const string Location = "weights.bin";

    // Shapes and scalars stay inside, where ONNX Runtime wants them when it infers shapes.
    private const int LeastApart = 1024;

    // Bytes of a model of which a copy or two is no matter.
    private const long MostCopied = 64_000_000;

    /// <summary>Whether a model is so large that its weights should be in memory once, at some cost.</summary>
    public static bool IsHeldOnce(Model model) => model.SizeInBytes > MostCopied;

    /// <summary>Whether the model with everything inside is larger than a message can be.</summary>
    public static bool Is(Model model) => model.SizeInBytes > int.MaxValue;

    /// <summary>The message without large constants, and their bytes in order; of a smaller model the message as it is.</summary>
    public static (ModelProto Message, IReadOnlyList<ByteString> Weights) Split(Model model) => Is(model) ? Apart(model) : (model.Proto, []);

    /// <summary>What <see cref="Split"/> took apart.</summary>
    public static Model Join(ModelProto message, IEnumerable<ByteString> weights)
    {
        foreach (var (tensor, bytes) in message.Graph.Initializer.Where(t => t.DataLocation == TensorProto.Types.DataLocation.External).Zip(weights))
        {
            tensor.RawData = bytes;
            tensor.ExternalData.Clear();
            tensor.ClearDataLocation();
        }

        return new Model(message);
    }

    /// <summary>Writes the message without large constants, however large the model is, and, beside it, the weights.</summary>
    /// <returns>The path of the message.</returns>
    public static string Write(Model model, string folder)
    {
        var (message, weights) = Apart(model);
        using (var data = File.Create(Path.Combine(folder, Location)))
        {
            foreach (var bytes in weights) data.Write(bytes.Span);
        }

        var path = Path.Combine(folder, "model.onnx");
        using (var stream = File.Create(path)) message.WriteTo(stream);
        return path;
    }

    /// <summary>Bytes of a model with everything inside, beyond what <see cref="ModelProto.CalculateSize"/> can count.</summary>
    public static long SizeOf(ModelProto model)
    {
        if (model.Graph is not { } graph) return model.CalculateSize();
        // Sums of 32 bits wrap around, and so do their differences: the rest is less than 2 GB.
        var rest = unchecked(model.CalculateSize() - (1 + CodedOutputStream.ComputeMessageSize(graph)));
        return rest + WireSize.OfField(SizeOf(graph));
    }

    /// <summary>The same of a graph.</summary>
    public static long SizeOf(GraphProto graph)
    {
        var constants = graph.Initializer.Sum(t => WireSize.OfField(t.CalculateSize()));
        return unchecked(graph.CalculateSize() - (int)constants) + constants;
    }

    /// <summary>The message without large constants, and their bytes in order, which are not copied.</summary>
    public static (ModelProto Message, IReadOnlyList<ByteString> Weights) Apart(Model model)
    {
        var message = model.Proto.Clone();
        var weights = new List<ByteString>();
        var offset = 0L;
        foreach (var tensor in message.Graph.Initializer.Where(t => t.RawData.Length >= LeastApart))
        {
            weights.Add(tensor.RawData);
            AddEntry(tensor, "location", Location);
            AddEntry(tensor, "offset", Text(offset));
            AddEntry(tensor, "length", Text(tensor.RawData.Length));
            offset += tensor.RawData.Length;
            tensor.DataLocation = TensorProto.Types.DataLocation.External;
            tensor.ClearRawData();
        }

        return (message, weights);
    }

    private static void AddEntry(TensorProto tensor, string key, string value) => tensor.ExternalData.Add(new StringStringEntryProto { Key = key, Value = value });

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
