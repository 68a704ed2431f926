using Google.Protobuf;
using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Protobuf;

namespace Mlorq.Onnx;

/// <summary>Reads ONNX files, weights in neighbouring files included.</summary>
public static class OnnxReader
{
    /// <summary>Reads a model from a file.</summary>
    /// <exception cref="InvalidModelException">Not an ONNX file, or damaged.</exception>
    /// <exception cref="ExternalDataException">A file with weights is missing or too short.</exception>
    public static Model Read(string path)
    {
        if (Directory.Exists(path)) throw new InvalidModelException($"'{path}' is a folder, not an ONNX file.");
        if (!File.Exists(path)) throw new InvalidModelException($"There is no file '{path}'.");
        EnsureSize(path, Length(path));
        ModelProto proto;
        try
        {
            using var stream = File.OpenRead(path);
            proto = ModelProto.Parser.ParseFrom(stream);
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new InvalidModelException($"'{path}' cannot be read as ONNX ({e.Message.TrimEnd('.')}). It is not an ONNX file, or it was cut off.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidModelException($"'{path}' cannot be read: {e.Message}", e);
        }

        CheckShape(path, proto);
        var weights = ExternalData.Load(proto, Path.GetDirectoryName(Path.GetFullPath(path))!);
        return new Model(proto) { Files = [path, .. weights] };
    }

    /// <summary>Reads a model from memory; all weights must be inside.</summary>
    /// <exception cref="InvalidModelException">Not an ONNX model, or damaged.</exception>
    /// <exception cref="ExternalDataException">A weight is in another file.</exception>
    public static Model Parse(ReadOnlySpan<byte> bytes)
    {
        var proto = ParseMessage(bytes);
        ExternalData.Refuse(proto);
        return new Model(proto);
    }

    /// <summary>Reads what <see cref="OnnxWriter.ToParts"/> wrote.</summary>
    /// <exception cref="InvalidModelException">Not an ONNX model, or damaged.</exception>
    /// <exception cref="ExternalDataException">A weight is in another file.</exception>
    public static Model Parse(ModelParts parts) => parts.Weights.Count == 0
        ? Parse(parts.Message.Span)
        : LargeModel.Join(ParseMessage(parts.Message.Span), parts.Weights.Select(UnsafeByteOperations.UnsafeWrap));

    private static ModelProto ParseMessage(ReadOnlySpan<byte> bytes)
    {
        try
        {
            var proto = ModelProto.Parser.ParseFrom(bytes);
            CheckShape("the model", proto);
            return proto;
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new InvalidModelException($"These {bytes.Length} bytes are not an ONNX model ({e.Message.TrimEnd('.')}).", e);
        }
    }

    // Of the file that a link leads to, not of the link.
    private static long Length(string path)
    {
        var file = new FileInfo(path);
        return (file.ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? file).Length;
    }

    // Larger models have their weights beside them.
    private static void EnsureSize(string path, long bytes)
    {
        if (bytes > int.MaxValue) throw new InvalidModelException($"'{path}' has {bytes} bytes, and an ONNX file holds less than 2 GB. It is not an ONNX file; weights of larger models are in files beside them.");
    }

    // Protobuf accepts many byte strings that are no model (an empty file for one), so look for what every model has.
    private static void CheckShape(string path, ModelProto proto)
    {
        if (proto.Graph is null || proto.Graph.Output.Count == 0 || proto.OpsetImport.Count == 0)
        {
            throw new InvalidModelException($"'{path}' holds no ONNX graph. It is not an ONNX file, or it was cut off.");
        }
    }
}
