using System.Security.Cryptography;
using Google.Protobuf;
using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx;

/// <summary>Writes models: to a temporary file beside the target, renamed when it is complete and checked.</summary>
public static class OnnxWriter
{
    /// <summary>The model's bytes as they would be in a file.</summary>
    /// <exception cref="OutputException">It has 2 GB or more, which no file with everything inside can hold.</exception>
    public static byte[] ToBytes(Model model)
    {
        EnsureFitsFile(model);
        return model.Proto.ToByteArray();
    }

    /// <summary>The model's bytes where they may be more than a file with everything inside can hold, or than should be copied: the weights of larger models are the model's own memory.</summary>
    public static ModelParts ToParts(Model model)
    {
        var (message, weights) = LargeModel.IsHeldOnce(model) ? LargeModel.Apart(model) : (model.Proto, []);
        return new ModelParts(message.ToByteArray(), [.. weights.Select(w => w.Memory)]);
    }

    /// <summary>SHA-256 of these bytes, weights from other files included; of 2 GB and more, of one part after another.</summary>
    public static byte[] HashOf(Model model)
    {
        using var hash = SHA256.Create();
        using (var stream = new CryptoStream(Stream.Null, hash, CryptoStreamMode.Write))
        {
            var (message, weights) = LargeModel.Split(model);
            message.WriteTo(stream);
            foreach (var bytes in weights) stream.Write(bytes.Span);
        }

        return hash.Hash!;
    }

    /// <summary>Where this process writes a file before it takes the place of the old one; what is there when the process is ended by force can be deleted.</summary>
    public static string TemporaryPath(string path) => $"{Path.GetFullPath(path)}.{Environment.ProcessId}.partial";

    /// <summary>Writes a file. The old file, if any, is whole until the new one is complete and <paramref name="check"/> has passed.</summary>
    /// <param name="model">The model.</param>
    /// <param name="path">The target.</param>
    /// <param name="check">Called with the path of the complete temporary file; an exception from it leaves no new file.</param>
    /// <exception cref="OutputException">The file cannot be written, or the model has 2 GB or more.</exception>
    public static void Write(Model model, string path, Action<string>? check = null)
    {
        EnsureFitsFile(model);
        WholeFile.Write(
            path,
            temporary =>
            {
                using (var stream = File.Create(temporary)) model.Proto.WriteTo(stream);
                check?.Invoke(temporary);
            },
            () => $" The {model.SizeInBytes} bytes of the model need a writable folder with that much space.");
    }

    /// <summary>Fails early, before long work, where a file could not be written later.</summary>
    /// <exception cref="OutputException">The folder is missing or not writable, or the path is a folder.</exception>
    public static void EnsureWritable(string path)
    {
        var full = Path.GetFullPath(path);
        var folder = Path.GetDirectoryName(full);
        if (Directory.Exists(full)) throw new OutputException($"'{path}' is a folder; name a file.");
        if (folder is null || !Directory.Exists(folder)) throw new OutputException($"The folder of '{path}' does not exist. Create it first.");
        var probe = $"{full}.{Environment.ProcessId}.probe";
        try
        {
            File.WriteAllBytes(probe, []);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new OutputException($"'{path}' cannot be written: {e.Message}", e);
        }
        finally
        {
            WholeFile.TryDelete(probe);
        }
    }

    private static void EnsureFitsFile(Model model)
    {
        if (LargeModel.Is(model)) throw new OutputException($"The model has {model.SizeInBytes} bytes; an ONNX file with everything inside holds less than 2 GB. Choose a smaller budget.");
    }
}
