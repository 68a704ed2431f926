using Mlorq.Onnx.Execution;
using Mlorq.Onnx.Graphs;

namespace Mlorq.Cli.Report;

/// <summary>What two classifiers say of the same inputs.</summary>
/// <param name="Original">[inputs, classes] outputs of the one.</param>
/// <param name="Compressed">[inputs, classes] outputs of the other.</param>
/// <param name="Count">Inputs.</param>
internal sealed record Answers(float[] Original, float[] Compressed, int Count)
{
    /// <summary>The number of classes.</summary>
    public int Classes => Original.Length / Count;

    /// <summary>Runs both models on all inputs.</summary>
    /// <param name="original">A model.</param>
    /// <param name="compressed">Another one for the same inputs.</param>
    /// <param name="batches">The inputs.</param>
    /// <param name="progress">Hears how many are done.</param>
    /// <param name="cancellation">Stops between two batches.</param>
    /// <returns>Null where there are no inputs, or the first output does not score classes: [inputs, 2 or more].</returns>
    public static Answers? Of(
        ModelRunner original, ModelRunner compressed, IEnumerable<IReadOnlyDictionary<string, Tensor>> batches, IProgress<int> progress, CancellationToken cancellation)
    {
        var (first, second, count) = (new List<float>(), new List<float>(), 0);
        var output = original.OutputNames[0];
        if (!compressed.OutputNames.Contains(output)) return null;
        foreach (var batch in batches)
        {
            cancellation.ThrowIfCancellationRequested();
            var inputs = batch.Values.First().Shape is [var samples, ..] ? samples : 0;
            var (y, z) = (original.Run(batch, [output])[0], compressed.Run(batch, [output])[0]);
            if (y.Type != ElementType.Float || y.Shape is not [var rows, > 1] || rows != inputs || !z.Shape.SequenceEqual(y.Shape)) return null;
            first.AddRange(y.Floats);
            second.AddRange(z.Floats);
            progress.Report(count += (int)inputs);
        }

        return count == 0 ? null : new Answers([.. first], [.. second], count);
    }

    /// <summary>The first answer to an input, and its share after softmax.</summary>
    public (int Class, double Share) Best(float[] outputs, int input)
    {
        var row = outputs.AsSpan(input * Classes, Classes);
        var best = System.Numerics.Tensors.TensorPrimitives.IndexOfMax<float>(row);
        double sum = 0;
        foreach (var value in row) sum += Math.Exp(value - row[best]);
        return (best, 1 / sum);
    }
}
