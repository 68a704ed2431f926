using System.Security.Cryptography;
using System.Text;
using Mlorq.Onnx;
using Mlorq.Onnx.Graphs;

namespace Mlorq;

/// <summary>Sample inputs in batches, each a tensor for every input of the model; the first axis counts the samples, unless <see cref="AreSingle"/>.</summary>
/// <param name="Batches">The batches, in order.</param>
public sealed record CalibrationSet(IReadOnlyList<IReadOnlyDictionary<string, Tensor>> Batches)
{
    /// <summary>Whether every batch is one sample without an axis that counts samples, as detectors take a picture [3, height, width].</summary>
    public bool AreSingle { get; init; }

    /// <summary>The number of samples.</summary>
    public long Count => Batches.Sum(Samples);

    /// <summary>The first batches that hold at least a number of samples, or all.</summary>
    public CalibrationSet Take(long samples)
    {
        var taken = new List<IReadOnlyDictionary<string, Tensor>>();
        long count = 0;
        foreach (var batch in Batches)
        {
            if (count >= samples) break;
            taken.Add(batch);
            count += Samples(batch);
        }

        return this with { Batches = taken };
    }

    /// <summary>Batches of one sample each, where the model takes them: where the first axis of every input is open and its data have as many samples as the others'.</summary>
    internal CalibrationSet Singles(Model model)
    {
        if (AreSingle || model.Graph.Inputs.Any(i => i.Shape is not { Count: > 0 } shape || shape[0] is not null)) return this;
        return new CalibrationSet([.. Batches.SelectMany(batch => batch.Values.Select(t => t.Shape[0]).Distinct().Count() == 1 ? Of(batch, 1).Batches : [batch])]);
    }

    /// <summary>Cuts whole arrays, one for each input, into batches along their first axis.</summary>
    /// <param name="arrays">A tensor for each input; all with the same first dimension.</param>
    /// <param name="batchSize">Samples in a batch; the last one may be smaller.</param>
    /// <exception cref="CalibrationException">There are no samples, or the inputs have different numbers of them.</exception>
    public static CalibrationSet Of(IReadOnlyDictionary<string, Tensor> arrays, int batchSize)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(batchSize);
        var counts = arrays.Select(a => (a.Key, Count: a.Value.Shape.Count == 0 ? 0 : a.Value.Shape[0])).ToList();
        if (counts.Count == 0 || counts.Any(c => c.Count == 0)) throw new CalibrationException("The calibration data hold no samples; give at least one, better 128 or more.");
        if (counts.Any(c => c.Count != counts[0].Count))
        {
            throw new CalibrationException($"The inputs have different numbers of samples: {string.Join(", ", counts.Select(c => $"'{c.Key}' {c.Count}"))}. Give each the same number.");
        }

        var batches = new List<IReadOnlyDictionary<string, Tensor>>();
        for (long start = 0; start < counts[0].Count; start += batchSize)
        {
            var length = Math.Min(batchSize, counts[0].Count - start);
            batches.Add(arrays.ToDictionary(a => a.Key, a => Slice(a.Value, start, length)));
        }

        return new CalibrationSet(batches);
    }

    /// <summary>Whole arrays, one for each input, for a model that takes one sample without an axis that counts samples.</summary>
    /// <param name="arrays">A tensor for each input, the samples along an axis of its own in front; all with the same number.</param>
    /// <exception cref="CalibrationException">There are no samples, or the inputs have different numbers of them.</exception>
    public static CalibrationSet OneByOne(IReadOnlyDictionary<string, Tensor> arrays) => new(
        [.. Of(arrays, 1).Batches.Select(batch => batch.ToDictionary(t => t.Key, t => t.Value.Reshape([.. t.Value.Shape.Skip(1)])))])
    { AreSingle = true };

    /// <summary>SHA-256 of the inputs and of how they are put into batches (sums are taken batch by batch), in hexadecimal digits.</summary>
    public string Hash()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var batch in Batches)
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"batch of {batch.Count}\n"));
            foreach (var (name, tensor) in batch.OrderBy(t => t.Key, StringComparer.Ordinal))
            {
                hash.AppendData(Encoding.UTF8.GetBytes($"{name.Length} {name} {tensor.Type} [{string.Join(',', tensor.Shape)}]\n"));
                hash.AppendData(tensor.Bytes.Span);
            }
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>Checks the set against a model's inputs.</summary>
    /// <exception cref="CalibrationException">An input has no data, there are data for no input, or a shape does not fit.</exception>
    public void EnsureFits(Model model)
    {
        if (Batches.Count == 0) throw new CalibrationException("The calibration data hold no samples; give at least one, better 128 or more.");
        var inputs = model.Graph.Inputs;
        var known = string.Join(", ", inputs);
        foreach (var (name, tensor) in Batches.SelectMany(batch => batch))
        {
            var input = inputs.FirstOrDefault(i => i.Name == name)
                ?? throw new CalibrationException($"The model has no input '{name}'. Its inputs are: {known}.");
            if (input.Type != tensor.Type) throw new CalibrationException($"Input '{name}' takes {input.Type}, but its calibration data are {tensor.Type}.");
            if (input.Shape is { } shape && !Fits(shape, tensor.Shape))
            {
                throw new CalibrationException($"Calibration data of shape [{string.Join(", ", tensor.Shape)}] do not fit the input {input}.");
            }
        }

        foreach (var input in inputs.Where(i => Batches.Any(batch => !batch.ContainsKey(i.Name))))
        {
            throw new CalibrationException($"Input '{input.Name}' has no calibration data. The model's inputs are: {known}. Give each of them a .npy file.");
        }
    }

    private static bool Fits(IReadOnlyList<long?> expected, IReadOnlyList<long> actual) =>
        expected.Count == actual.Count && expected.Zip(actual).All(pair => pair.First is null || pair.First == pair.Second);

    private long Samples(IReadOnlyDictionary<string, Tensor> batch) => AreSingle || batch.Values.First().Shape is not [var count, ..] ? 1 : count;

    private static Tensor Slice(Tensor tensor, long start, long length)
    {
        var row = tensor.Bytes.Length / tensor.Shape[0];
        return new Tensor(tensor.Type, [length, .. tensor.Shape.Skip(1)], tensor.Bytes.Slice((int)(start * row), (int)(length * row)));
    }
}

/// <summary>The calibration data do not fit the model, or there are none.</summary>
public sealed class CalibrationException : MlorqException
{
    /// <summary>Creates the exception with a whole message for the user.</summary>
    public CalibrationException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }

    internal static CalibrationException NotFinite(string tensor) =>
        new($"The calibration inputs make '{tensor}' NaN or infinite. Check the preprocessing (mean, std, pixel range).");
}
