using Mlorq.Onnx;
using Mlorq.Onnx.Graphs;

namespace Mlorq.Cli.Inputs;

/// <summary>Calibration data as .npy files, one for each input of the model.</summary>
internal static class CalibrationFiles
{
    // As for pictures: the same values in either form make the same batches and therefore the same sums.
    private const int FreeBatchSize = 8;

    /// <summary>Whether a value of --calibration names a folder of pictures.</summary>
    public static bool IsFolder(IReadOnlyList<string> given) =>
        given.Count == 1
        && (Directory.Exists(given[0]) || (!given[0].EndsWith(".npy", StringComparison.OrdinalIgnoreCase) && !given[0].Contains('=', StringComparison.Ordinal)));

    /// <summary>The files that are named.</summary>
    public static IEnumerable<string> Paths(IEnumerable<string> given) => given.Select(g => Split(g).Path);

    /// <summary>Reads FILE.npy (for a model with a single input) or NAME=FILE.npy for each input.</summary>
    /// <exception cref="CalibrationException">Files and inputs do not fit together.</exception>
    /// <exception cref="NpyException">A file cannot be read.</exception>
    public static CalibrationSet Read(Model model, IReadOnlyList<string> given, int samples)
    {
        var inputs = model.Graph.Inputs;
        var arrays = new Dictionary<string, Tensor>();
        foreach (var (name, path) in given.Select(Split))
        {
            var input = name ?? (inputs is [var single]
                ? single.Name
                : throw new CalibrationException(
                    $"The model has {inputs.Count} inputs ({string.Join("; ", inputs)}). Say which one '{path}' is for: --calibration NAME={path}, once for each input."));
            if (!arrays.TryAdd(input, ToTensor(NpyFile.Read(path), samples)))
                throw new CalibrationException($"The input '{input}' is given two files. Give each input one.");
        }

        var batch = inputs.Select(i => i.Shape is [{ } first, ..] ? (int)first : 0).FirstOrDefault(b => b > 0);
        return CalibrationSet.Of(batch > 0 ? WholeBatches(arrays, batch) : arrays, batch > 0 ? batch : FreeBatchSize);
    }

    // A model that takes a fixed number of samples cannot take the rest that is left over.
    private static Dictionary<string, Tensor> WholeBatches(Dictionary<string, Tensor> arrays, int batch) =>
        arrays.ToDictionary(a => a.Key, a => a.Value.Shape is [var count, ..] && count > batch ? First(a.Value, count / batch * batch) : a.Value);

    private static (string? Name, string Path) Split(string given)
    {
        var sign = given.IndexOf('=', StringComparison.Ordinal);
        return sign <= 0 || File.Exists(given) ? (null, given) : (given[..sign], given[(sign + 1)..]);
    }

    private static Tensor ToTensor(NpyArray array, int samples)
    {
        var type = array.Element switch
        {
            NpyElement.Float32 => ElementType.Float,
            NpyElement.Float64 => ElementType.Double,
            NpyElement.Float16 => ElementType.Float16,
            NpyElement.Int32 => ElementType.Int32,
            NpyElement.Int64 => ElementType.Int64,
            NpyElement.UInt8 => ElementType.UInt8,
            _ => ElementType.Bool,
        };
        var tensor = new Tensor(type, array.Shape, array.Bytes);
        return array.Shape is [var count, ..] && count > samples ? First(tensor, samples) : tensor;
    }

    private static Tensor First(Tensor tensor, long count) =>
        new(tensor.Type, [count, .. tensor.Shape.Skip(1)], tensor.Bytes[..(int)(tensor.Bytes.Length / tensor.Shape[0] * count)]);
}
