namespace Mlorq;

/// <summary>
/// Many independent pieces on several threads, their results consumed in order on the caller's thread: sums come out the same for any
/// number of threads, and no more results than threads are alive at once.
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
        (_, _) => { });

    public static void Run<T>(int count, RunSettings run, Func<int, T> compute, Action<int, T> consume)
    {
        var window = new Queue<Task<T>>();
        var next = 0;
        try
        {
            for (var i = 0; i < count; i++)
            {
                while (next < count && window.Count < Math.Max(1, run.Threads))
                {
                    var piece = next++;
                    window.Enqueue(Task.Run(() => compute(piece), run.Cancellation));
                }

                run.Cancellation.ThrowIfCancellationRequested();
                consume(i, window.Dequeue().GetAwaiter().GetResult());
            }
        }
        finally
        {
            // What is still running must not outlive the sessions and arrays that it uses.
            Task.WhenAll(window).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default).Wait();
        }
    }
}
