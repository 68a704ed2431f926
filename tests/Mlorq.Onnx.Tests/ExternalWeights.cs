using Mlorq.Onnx.Graphs;
using Mlorq.TestKit;

namespace Mlorq.Onnx.Tests;

/// <summary>Writes models as exporters write large ones, with the values of tensors in a file beside the model: of all tensors, wherever in the model they are. The library itself never writes such files.</summary>
internal static class ExternalWeights
{
    public const string FileName = "weights.bin";

    private const int RawData = 9;

    private enum Part
    {
        Model,
        Graph,
        Function,
        Node,
        Attribute,
        Tensor,
    }

    // Which fields of which message are messages that may have tensors inside, by onnx.proto.
    private static readonly Dictionary<(Part, int), Part> Inside = new()
    {
        [(Part.Model, 7)] = Part.Graph,
        [(Part.Model, 25)] = Part.Function,
        [(Part.Graph, 1)] = Part.Node,
        [(Part.Graph, 5)] = Part.Tensor,
        [(Part.Function, 7)] = Part.Node,
        [(Part.Node, 5)] = Part.Attribute,
        [(Part.Attribute, 5)] = Part.Tensor,
        [(Part.Attribute, 6)] = Part.Graph,
    };

    /// <summary>Writes <c>model.onnx</c> and <c>weights.bin</c>.</summary>
    /// <returns>The path of the model.</returns>
    public static string Write(Model model, TemporaryFolder folder)
    {
        var weights = new List<byte>();
        File.WriteAllBytes(folder.File("model.onnx"), Apart(OnnxWriter.ToBytes(model), Part.Model, weights));
        File.WriteAllBytes(folder.File(FileName), [.. weights]);
        return folder.File("model.onnx");
    }

    // Field by field; what holds no tensors is copied.
    private static byte[] Apart(ReadOnlySpan<byte> message, Part part, List<byte> weights)
    {
        var result = new List<byte>();
        for (var at = 0; at < message.Length;)
        {
            var start = at;
            var tag = Varint(message, ref at);
            var (number, wireType) = (tag >> 3, tag & 7);
            if (wireType != 2)
            {
                if (wireType == 0) Varint(message, ref at);
                else at += wireType == 5 ? 4 : 8;
                result.AddRange(message[start..at]);
                continue;
            }

            var length = Varint(message, ref at);
            var content = message.Slice(at, length);
            at += length;
            if (part == Part.Tensor && number == RawData) result.AddRange(Elsewhere(content, weights));
            else if (Inside.TryGetValue((part, number), out var inner)) result.AddRange(WireFormat.Field(number, Apart(content, inner, weights)));
            else result.AddRange(message[start..at]);
        }

        return [.. result];
    }

    // Entries of external_data (13), and that data_location (14) is EXTERNAL.
    private static byte[] Elsewhere(ReadOnlySpan<byte> values, List<byte> weights)
    {
        var offset = weights.Count;
        weights.AddRange(values);
        return WireFormat.Join(Entry("location", FileName), Entry("offset", $"{offset}"), Entry("length", $"{values.Length}"), [0x70, 1]);

        static byte[] Entry(string key, string value) => WireFormat.Field(13, WireFormat.Join(WireFormat.Field(1, key), WireFormat.Field(2, value)));
    }

    private static int Varint(ReadOnlySpan<byte> bytes, ref int at)
    {
        long value = 0;
        for (var shift = 0; ; shift += 7)
        {
            var next = bytes[at++];
            value |= (long)(next & 0x7F) << shift;
            if (next < 0x80) return (int)value;
        }
    }
}
