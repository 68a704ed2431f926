using Mlorq.Onnx;
using Mlorq.Vision;

namespace Mlorq.Cli.Inputs;

/// <summary>Right answers as an array of whole numbers: one for each vector of scores, so [samples] for texts or [samples, tokens] for tokens; below 0 where there is none.</summary>
/// <param name="Path">The file.</param>
/// <param name="Shape">Its shape.</param>
/// <param name="Values">The answers, 0-based.</param>
internal sealed record ArrayLabels(string Path, IReadOnlyList<long> Shape, IReadOnlyList<long> Values)
{
    /// <summary>Reads an .npy file.</summary>
    /// <exception cref="NpyException">It cannot be read.</exception>
    /// <exception cref="EvaluationException">It holds something else than whole numbers.</exception>
    public static ArrayLabels Read(string path)
    {
        var array = NpyFile.Read(path);
        long[] values = array.Element switch
        {
            NpyElement.Int64 => [.. array.Values<long>()],
            NpyElement.Int32 => Array.ConvertAll(array.Values<int>().ToArray(), v => (long)v),
            NpyElement.UInt8 => Array.ConvertAll(array.Values<byte>().ToArray(), v => (long)v),
            _ => throw new EvaluationException($"'{path}' holds {array.Element}; labels are whole numbers (int64, int32 or uint8), 0 for the first class."),
        };
        return array.Shape.Length > 0 ? new ArrayLabels(path, array.Shape, values) : throw new EvaluationException($"'{path}' holds a single number; labels are an array with the samples along the first axis.");
    }

    /// <summary>The answers for some scores.</summary>
    /// <param name="firstSample">The first sample that the scores are of.</param>
    /// <param name="shape">[samples, …, classes].</param>
    /// <exception cref="EvaluationException">There are fewer or more of them, or one is no class.</exception>
    public long[] For(long firstSample, IReadOnlyList<long> shape)
    {
        if (shape.Count != Shape.Count + 1 || !shape.Skip(1).SkipLast(1).SequenceEqual(Shape.Skip(1)) || firstSample + shape[0] > Shape[0])
        {
            throw new EvaluationException(
                $"The labels in '{Path}' are [{string.Join(", ", Shape)}], and the scores of samples {firstSample + 1} to {firstSample + shape[0]} [{string.Join(", ", shape)}]; labels need the same shape without the last axis.");
        }

        var each = Values.Count / (int)Shape[0];
        var answers = Values.Skip((int)firstSample * each).Take((int)shape[0] * each).ToArray();
        var classes = shape[^1];
        return answers.FirstOrDefault(a => a >= classes, -1) is >= 0 and var odd ? throw new EvaluationException($"'{Path}' has the label {odd}, and the model {classes} classes, 0 to {classes - 1}.") : answers;
    }
}
