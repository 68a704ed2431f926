using System.Collections.Concurrent;

namespace Mlorq.Tests.Resuming;

/// <summary>Hears progress, and cancels at the report of a piece, by number or by what it is.</summary>
internal sealed class Listener(int pieces, Func<CompressionEvent, bool>? isLast = null, CancellationTokenSource? source = null) : IProgress<CompressionEvent>
{
    public ConcurrentQueue<CompressionEvent> Events { get; } = new();

    public CancellationTokenSource? Source { get; set; } = source;

    public void Report(CompressionEvent value)
    {
        Events.Enqueue(value);
        if (Events.Count >= pieces || (isLast?.Invoke(value) ?? false)) Source!.Cancel();
    }
}
