using System.Runtime.InteropServices;
using Mlorq.Onnx;
using Mlorq.Onnx.Graphs;
using Mlorq.Vision;

namespace Mlorq.Cli.Inputs;

/// <summary>Right answers as an array of whole numbers: one for each vector of scores, so [samples] for texts or [samples, tokens] for tokens; below 0 where there is none.</summary>
/// <param name="Path">The file, or the name of the array.</param>
/// <param name="Shape">Its shape.</param>
/// <param name="Values">The answers, 0-based.</param>
/// <param name="FirstSample">The sample that the first of them is for.</param>
internal sealed record ArrayLabels(string Path, IReadOnlyList<long> Shape, IReadOnlyList<long> Values, long FirstSample = 0)
{
    /// <summary>The name of the array of answers in archives of samples.</summary>
    public const string Name = "labels";

    /// <summary>Reads an .npy file.</summary>
    /// <exception cref="NpyException">It cannot be read.</exception>
    /// <exception cref="EvaluationException">It holds something else than whole numbers.</exception>
    public static ArrayLabels Read(string path) => Of(path, ArrayFiles.ToTensor(NpyFile.Read(path)));

    /// <summary>Takes the answers out of samples that have some beside their inputs. A model's own input of that name stays where it is.</summary>
    /// <returns>The samples without them, and the answers for each batch; null where there are none.</returns>
    /// <exception cref="EvaluationException">Some samples have answers, and others do not, or they are something else than whole numbers.</exception>
    public static (CalibrationSet Samples, IReadOnlyList<ArrayLabels>? Labels) TakeFrom(CalibrationSet samples, Model model)
    {
        if (model.Graph.Inputs.Any(i => i.Name == Name) || !samples.Batches.Any(b => b.ContainsKey(Name))) return (samples, null);
        if (!samples.Batches.All(b => b.ContainsKey(Name))) throw new EvaluationException($"Some .npz files have an array '{Name}', and others do not. Give it in all of them, less than 0 where there is no answer.");
        var (labels, done) = (new List<ArrayLabels>(), 0L);
        foreach (var batch in samples.Batches)
        {
            labels.Add(Of(Name, batch[Name]) with { FirstSample = done });
            done += (samples with { Batches = [batch] }).Count;
        }

        return (samples with { Batches = [.. samples.Batches.Select(b => b.Where(a => a.Key != Name).ToDictionary())] }, labels);
    }

    /// <summary>The answers for some scores.</summary>
    /// <param name="firstSample">The first sample that the scores are of.</param>
    /// <param name="shape">[samples, …, classes].</param>
    /// <exception cref="EvaluationException">There are fewer or more of them, or one is no class.</exception>
    public long[] For(long firstSample, IReadOnlyList<long> shape)
    {
        var start = firstSample - FirstSample;
        if (shape.Count != Shape.Count + 1 || !shape.Skip(1).SkipLast(1).SequenceEqual(Shape.Skip(1)) || start + shape[0] > Shape[0])
        {
            throw new EvaluationException(
                $"The labels in '{Path}' are [{string.Join(", ", Shape)}], and the scores of samples {firstSample + 1} to {firstSample + shape[0]} [{string.Join(", ", shape)}]; labels need the same shape without the last axis; those of samples of several shapes are given as an array '{Name}' in each .npz file.");
        }

        var each = Values.Count / (int)Shape[0];
        var answers = Values.Skip((int)start * each).Take((int)shape[0] * each).ToArray();
        var classes = shape[^1];
        return answers.FirstOrDefault(a => a >= classes, -1) is >= 0 and var odd ? throw new EvaluationException($"'{Path}' has the label {odd}, and the model {classes} classes, 0 to {classes - 1}.") : answers;
    }

    private static ArrayLabels Of(string path, Tensor array)
    {
        long[] values = array.Type switch
        {
            ElementType.Int64 => array.Longs.ToArray(),
            ElementType.Int32 => Array.ConvertAll(MemoryMarshal.Cast<byte, int>(array.Bytes.Span).ToArray(), v => (long)v),
            ElementType.UInt8 => Array.ConvertAll(array.Bytes.ToArray(), v => (long)v),
            _ => throw new EvaluationException($"'{path}' holds {array.Type}; labels are whole numbers (int64, int32 or uint8), 0 for the first class."),
        };
        return array.Shape.Count > 0 ? new ArrayLabels(path, array.Shape, values) : throw new EvaluationException($"'{path}' holds a single number; labels are an array with the samples along the first axis.");
    }
}
