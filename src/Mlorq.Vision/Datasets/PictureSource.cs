namespace Mlorq.Vision;

/// <summary>Prepared pictures, one after the other.</summary>
/// <param name="Files">Names of the pictures in this batch.</param>
/// <param name="Values">[count, …] one after the other, each as <see cref="Preprocessing.Apply"/> makes it.</param>
/// <param name="Size">Width and height of every picture.</param>
public sealed record PictureBatch(IReadOnlyList<string> Files, float[] Values, PictureSize Size);

/// <summary>Reads and prepares the pictures of a folder in parallel, and hands them out in the folder's order.</summary>
/// <param name="Folder">The pictures.</param>
/// <param name="Preprocessing">How they are prepared.</param>
public sealed record PictureSource(ImageFolder Folder, Preprocessing Preprocessing)
{
    /// <summary>One prepared picture after the other.</summary>
    /// <param name="threads">Pictures worked on at the same time, at least 1; the result does not depend on it.</param>
    /// <param name="cancellation">Stops between two pictures.</param>
    /// <exception cref="PictureException">The first picture, in order, that cannot be read.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public IEnumerable<float[]> Read(int threads, CancellationToken cancellation = default) =>
        Ordered(threads, cancellation).Select(p => p.Values);

    /// <summary>Prepared pictures in batches; the last one may be smaller.</summary>
    /// <param name="batchSize">Pictures per batch, at least 1.</param>
    /// <param name="threads">Pictures worked on at the same time, at least 1; the result does not depend on it.</param>
    /// <param name="cancellation">Stops between two pictures.</param>
    /// <exception cref="PictureException">A picture cannot be read.</exception>
    /// <exception cref="PreprocessingException">Two pictures of a batch come out in different sizes.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public IEnumerable<PictureBatch> ReadBatches(int batchSize, int threads, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(batchSize, 1);
        return Ordered(threads, cancellation).Chunk(batchSize).Select(Join);
    }

    private static PictureBatch Join(Prepared[] pictures)
    {
        var first = pictures[0];
        var values = GC.AllocateUninitializedArray<float>(checked(first.Values.Length * pictures.Length));
        for (var i = 0; i < pictures.Length; i++)
        {
            if (pictures[i].Size != first.Size)
            {
                throw new PreprocessingException(
                    $"'{first.File}' is prepared to {first.Size} pixels and '{pictures[i].File}' to {pictures[i].Size}; a batch needs one size. "
                    + "Set crop, or resize to \"WIDTHxHEIGHT\".");
            }

            pictures[i].Values.CopyTo(values, i * first.Values.Length);
        }

        return new PictureBatch([.. pictures.Select(p => p.File)], values, first.Size);
    }

    private IEnumerable<Prepared> Ordered(int threads, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        return Iterate(threads, cancellation);
    }

    // A window of running tasks, of which the oldest is awaited: as many at work as threads, results in order.
    private IEnumerable<Prepared> Iterate(int threads, CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var window = new Queue<Task<Prepared>>();
        try
        {
            for (int next = 0, done = 0; done < Folder.Files.Count; done++)
            {
                for (; next < Folder.Files.Count && window.Count < threads; next++) window.Enqueue(Start(Folder.Files[next], stop.Token));
                cancellation.ThrowIfCancellationRequested();
                yield return window.Dequeue().GetAwaiter().GetResult();
            }
        }
        finally
        {
            // Nothing keeps running behind the caller's back, whether the loop ended, broke off or failed.
            stop.Cancel();
            Task.WhenAll(window).ContinueWith(_ => { }, TaskScheduler.Default).Wait(CancellationToken.None);
        }
    }

    private Task<Prepared> Start(string file, CancellationToken stop) => Task.Run(
        () =>
        {
            var picture = PictureDecoder.Decode(Folder.PathOf(file));
            var size = Preprocessing.OutputSize(new PictureSize(picture.Width, picture.Height));
            return new Prepared(file, size, Preprocessing.Apply(picture));
        },
        stop);

    private sealed record Prepared(string File, PictureSize Size, float[] Values);
}
