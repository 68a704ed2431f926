using System.Reflection;

namespace SentenceClassifier;

/// <summary>all-MiniLM-L6-v2 as its package has it.</summary>
internal sealed record PackagedEncoder(byte[] Model, byte[] Vocabulary)
{
    public static PackagedEncoder Open()
    {
        var path = typeof(PackagedEncoder).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "Encoder").Value!;
        var assembly = Assembly.LoadFrom(path);
        return new PackagedEncoder(Read("model.onnx"), Read("vocab.txt"));

        byte[] Read(string name)
        {
            using var stream = assembly.GetManifestResourceStream(assembly.GetManifestResourceNames().Single(r => r.EndsWith(name, StringComparison.Ordinal)))!;
            var bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            return bytes;
        }
    }
}
