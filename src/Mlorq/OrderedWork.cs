namespace Mlorq;

/// <summary>
/// Many independent pieces on several threads, their results consumed in order on the caller's thread: sums come out the same for any
/// number of threads.
/// </summary>
internal static class OrderedWork
{
    /// <summary>Pieces that give nothing back.</summary>
    public static void Each(int count, RunSettings run, Action<int> work) => Run(
        count,
        run,
        i =>
        {
            work(i);
            return i;
        },
        (_, _) => { },
        areKept: true);

    /// <summary>Pieces with results.</summary>
    /// <param name="count">How many.</param>
    /// <param name="run">Threads and cancellation.</param>
    /// <param name="compute">Computes one.</param>
    /// <param name="consume">Takes its result.</param>
    /// <param name="areKept">Whether results are kept anyway: then pieces behind a long one go on. Else no more results than threads are alive at once.</param>
    public static void Run<T>(int count, RunSettings run, Func<int, T> compute, Action<int, T> consume, bool areKept = false)
    {
        var threads = Math.Max(1, run.Threads);
        var (begun, window) = (0, new Queue<Task<T>>());
        using var free = new SemaphoreSlim(threads);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(run.Cancellation);
        try
        {
            for (var i = 0; i < count; i++)
            {
                while (begun < count && (areKept || window.Count < threads)) window.Enqueue(Begin(begun++));
                run.Cancellation.ThrowIfCancellationRequested();
                consume(i, window.Dequeue().GetAwaiter().GetResult());
            }
        }
        finally
        {
            // What is still running must not outlive the sessions and arrays that it uses, and what waits need not begin.
            stop.Cancel();
            Task.WhenAll(window).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default).Wait();
        }

        // In order: whoever waits first is first.
        async Task<T> Begin(int piece)
        {
            await free.WaitAsync(stop.Token).ConfigureAwait(false);
            try
            {
                return await Task.Run(() => compute(piece), stop.Token).ConfigureAwait(false);
            }
            finally
            {
                free.Release();
            }
        }
    }
}
