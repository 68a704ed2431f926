using Mlorq.Onnx.Graphs;

namespace Mlorq.Vision;

/// <summary>Turns pictures into the sample inputs that a compression measures the model on.</summary>
public static class CalibrationPictures
{
    /// <summary>Reads and prepares pictures in batches of <see cref="PictureInput.BatchSize"/>.</summary>
    /// <param name="source">The pictures and how they are prepared.</param>
    /// <param name="input">The model's input. Where it takes whole batches only, pictures that do not fill one are left out.</param>
    /// <param name="threads">Pictures worked on at the same time; the result does not depend on it.</param>
    /// <param name="progress">Hears the number of pictures read so far.</param>
    /// <param name="cancellation">Stops between two pictures.</param>
    /// <exception cref="PictureException">A picture cannot be read.</exception>
    /// <exception cref="PreprocessingException">The prepared pictures do not fit the input.</exception>
    /// <exception cref="CalibrationException">There are fewer pictures than a batch of the model needs.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static CalibrationSet Read(
        PictureSource source, PictureInput input, int threads, IProgress<int>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(input);
        input.EnsureFits(source.Preprocessing);
        var batches = new List<IReadOnlyDictionary<string, Tensor>>();
        var done = 0;
        foreach (var batch in source.ReadBatches(input.BatchSize, threads, cancellation))
        {
            progress?.Report(done += batch.Files.Count);
            if (input.Batch > 0 && batch.Files.Count < input.Batch) break;
            batches.Add(new Dictionary<string, Tensor> { [input.Name] = Tensor.Of(batch.Values, input.ShapeOf(batch.Files.Count, batch.Size)) });
        }

        if (batches.Count > 0) return new CalibrationSet(batches) { AreSingle = !input.HasBatchAxis };
        throw new CalibrationException($"The model takes {input.Batch} pictures at once, but '{source.Folder.Root}' gives only {done}. Give at least {input.Batch}, better 128 or more.");
    }
}
