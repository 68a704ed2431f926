using Mlorq.Onnx;
using Mlorq.Onnx.Graphs;

namespace Mlorq.Cli.Inputs;

/// <summary>
/// Samples as files of arrays: one for each input of the model, or archives with an array for each input. Samples of one archive have one shape; those of another may
/// have another, such as texts of other lengths.
/// </summary>
internal static class ArrayFiles
{
    // As for pictures: the same values in either form make the same batches and therefore the same sums.
    internal const int FreeBatchSize = 8;

    /// <summary>The files that are named.</summary>
    public static IEnumerable<string> Paths(IEnumerable<string> given) => given.Select(g => Split(g).Path);

    /// <summary>Reads FILE.npy (for a model with a single input) or NAME=FILE for each input, or archives.</summary>
    /// <param name="model">The model.</param>
    /// <param name="given">The files.</param>
    /// <param name="samples">How many samples are taken, at most.</param>
    /// <param name="option">The option that names the files.</param>
    /// <exception cref="CalibrationException">Files and inputs do not fit together.</exception>
    /// <exception cref="NpyException">A file cannot be read.</exception>
    public static CalibrationSet Read(Model model, IReadOnlyList<string> given, int samples, string option = "--calibration")
    {
        var sets = new List<CalibrationSet>();
        var left = (long)samples;
        foreach (var arrays in Groups(model, given, option))
        {
            if (left <= 0) break;
            sets.Add(InBatches(model, arrays.ToDictionary(a => a.Key, a => AtMost(a.Value, left))));
            left -= sets[^1].Count;
        }

        if (sets.Select(s => s.AreSingle).Distinct().Count() > 1)
            throw new CalibrationException("Arrays of some files have an axis for samples in front of the model's own, and those of others do not. Save all in the same way.");
        return sets[0] with { Batches = [.. sets.SelectMany(s => s.Batches)] };
    }

    private static IEnumerable<Dictionary<string, Tensor>> Groups(Model model, IReadOnlyList<string> given, string option)
    {
        var archives = given.Where(IsArchive).ToList();
        if (archives.Count == 0) return [OfInputs(model, given, option)];
        if (archives.Count == given.Count) return archives.Select(path => OfArchive(model, path));
        throw new CalibrationException($"'{archives[0]}' has an array for each input, and '{given.First(g => !IsArchive(g))}' is one for a single input. Give .npz files alone, or one .npy file for each input.");
    }

    private static bool IsArchive(string given) => given.EndsWith(".npz", StringComparison.OrdinalIgnoreCase);

    private static Dictionary<string, Tensor> OfArchive(Model model, string path)
    {
        var arrays = NpzFile.Read(path);
        // numpy.savez calls an array without a name arr_0.
        return model.Graph.Inputs is [var single] && arrays.Count == 1
            ? new Dictionary<string, Tensor> { [single.Name] = ToTensor(arrays.Values.Single()) }
            : arrays.ToDictionary(a => a.Key, a => ToTensor(a.Value));
    }

    private static Dictionary<string, Tensor> OfInputs(Model model, IReadOnlyList<string> given, string option)
    {
        var inputs = model.Graph.Inputs;
        var arrays = new Dictionary<string, Tensor>();
        foreach (var (name, path) in given.Select(Split))
        {
            var input = name ?? (inputs is [var single]
                ? single.Name
                : throw new CalibrationException(
                    $"The model has {inputs.Count} inputs ({string.Join("; ", inputs)}). Say which one '{path}' is for: {option} NAME={path}, once for each input."));
            var array = RawArray.Is(path) ? RawArray.Read(path, inputs.FirstOrDefault(i => i.Name == input)) : ToTensor(NpyFile.Read(path));
            if (!arrays.TryAdd(input, array)) throw new CalibrationException($"The input '{input}' is given two files. Give each input one.");
        }

        return arrays;
    }

    private static CalibrationSet InBatches(Model model, Dictionary<string, Tensor> arrays)
    {
        var inputs = model.Graph.Inputs;
        var known = inputs.Where(i => arrays.ContainsKey(i.Name)).ToList();
        if (known.Count > 0 && known.All(i => i.Shape is { } own && arrays[i.Name].Shape.Count == own.Count + 1)) return CalibrationSet.OneByOne(arrays);
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

    /// <summary>The same elements as a tensor.</summary>
    internal static Tensor ToTensor(NpyArray array)
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
        return new Tensor(type, array.Shape, array.Bytes);
    }

    private static Tensor AtMost(Tensor tensor, long samples) => tensor.Shape is [var count, ..] && count > samples ? First(tensor, samples) : tensor;

    private static Tensor First(Tensor tensor, long count) =>
        new(tensor.Type, [count, .. tensor.Shape.Skip(1)], tensor.Bytes[..(int)(tensor.Bytes.Length / tensor.Shape[0] * count)]);
}
