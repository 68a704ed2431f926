using Mlorq.Onnx;
using Mlorq.Onnx.Execution;
using Mlorq.Onnx.Graphs;

namespace Mlorq.Vision;

/// <summary>How well a classifier names labelled pictures, alone or beside another one.</summary>
/// <param name="Accuracy">Of the model.</param>
/// <param name="Reference">Of the reference model, and how near the model comes to it; null without one.</param>
public sealed record ClassifierEvaluation(Accuracy Accuracy, ReferenceComparison? Reference)
{
    /// <summary>Runs all pictures through one model, or through two at once.</summary>
    /// <param name="model">A classifier with a single input; its first output is [batch, classes].</param>
    /// <param name="reference">Another one for the same pictures; may be null.</param>
    /// <param name="input">The models' input.</param>
    /// <param name="pictures">The labelled pictures.</param>
    /// <param name="preprocessing">How they are prepared.</param>
    /// <param name="threads">Pictures prepared at the same time.</param>
    /// <param name="progress">Hears the number of pictures done.</param>
    /// <param name="cancellation">Stops between two batches.</param>
    /// <exception cref="EvaluationException">The outputs are not those of a classifier, or the models have different classes.</exception>
    /// <exception cref="LabelFileException">A label is no class of the model.</exception>
    /// <exception cref="MlorqException">A picture cannot be read or does not fit the input.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static ClassifierEvaluation Run(
        ModelRunner model,
        ModelRunner? reference,
        PictureInput input,
        LabelledImages pictures,
        Preprocessing preprocessing,
        int threads,
        IProgress<int>? progress = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(pictures);
        input.EnsureFits(preprocessing);
        var (own, other) = (new List<float>(), new List<float>());
        var labels = pictures.Labels.ToArray();
        var done = 0;
        foreach (var batch in new PictureSource(pictures.Folder, preprocessing).ReadBatches(input.BatchSize, threads, cancellation))
        {
            var tensor = Filled(batch, input);
            own.AddRange(Logits(model, tensor, batch.Files.Count));
            if (done == 0) pictures.EnsureLabelsBelow(own.Count / batch.Files.Count);
            if (reference is not null) other.AddRange(Logits(reference, tensor, batch.Files.Count));
            if (reference is not null && own.Count != other.Count)
                throw new EvaluationException($"The model has {own.Count / batch.Files.Count} classes and the reference {other.Count / batch.Files.Count}; they cannot be compared.");
            progress?.Report(done += batch.Files.Count);
        }

        var (logits, expected) = (own.ToArray(), other.ToArray());
        return new ClassifierEvaluation(
            Accuracy.Of(logits, labels),
            reference is null ? null : new ReferenceComparison(Accuracy.Of(expected, labels), Agreement.Of(expected, logits, labels.Length), SignalToNoise.InDecibels(expected, logits)));
    }

    // A model that takes whole batches only gets the last one filled up with zeros.
    private static Tensor Filled(PictureBatch batch, PictureInput input)
    {
        var count = Math.Max(input.Batch, batch.Files.Count);
        var values = new float[batch.Values.Length / batch.Files.Count * count];
        batch.Values.CopyTo(values, 0);
        return Tensor.Of(values, input.ShapeOf(count, batch.Size));
    }

    private static float[] Logits(ModelRunner runner, Tensor pictures, int count)
    {
        var output = runner.Run(new Dictionary<string, Tensor> { [runner.InputNames[0]] = pictures }, [runner.OutputNames[0]])[0];
        if (output.Type == ElementType.Float && output.Shape is [var rows, > 0] && rows == pictures.Shape[0]) return output.Floats[..(int)(count * output.Shape[1])].ToArray();
        throw new EvaluationException(
            $"The output '{runner.OutputNames[0]}' is {output.Type} [{string.Join(", ", output.Shape)}] for {pictures.Shape[0]} pictures; a classifier gives Float [{pictures.Shape[0]}, classes]. Only classifiers can be evaluated.");
    }
}

/// <summary>A model beside its reference.</summary>
/// <param name="Accuracy">Of the reference.</param>
/// <param name="Agreement">Share of pictures with the same first answer, 0…1.</param>
/// <param name="SignalToNoiseInDecibels">Of the outputs, over all pictures; +∞ for equal ones.</param>
public sealed record ReferenceComparison(Accuracy Accuracy, double Agreement, double SignalToNoiseInDecibels);

/// <summary>A model is no classifier, or two cannot be compared.</summary>
public sealed class EvaluationException : MlorqException
{
    /// <summary>Creates the exception with a whole message for the user.</summary>
    public EvaluationException(string message)
        : base(message)
    {
    }
}
