namespace Mlorq.Tests;

public class OrderedWorkTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    public void Results_are_consumed_in_order_on_the_callers_thread(int threads)
    {
        var caller = Environment.CurrentManagedThreadId;
        var consumed = new List<(int, int)>();
        OrderedWork.Run(50, new RunSettings { Threads = threads }, i =>
        {
            // The first pieces take longest.
            Thread.SpinWait((50 - i) * 2000);
            return i * i;
        }, (i, result) =>
        {
            Assert.Equal(caller, Environment.CurrentManagedThreadId);
            consumed.Add((i, result));
        });
        Assert.Equal(Enumerable.Range(0, 50).Select(i => (i, i * i)), consumed);
    }

    // The first piece ends when all others have: where results are kept, they do not wait for it.
    [Fact]
    public void Pieces_behind_a_long_one_go_on_where_results_are_kept()
    {
        using var others = new CountdownEvent(19);
        var (running, most) = (0, 0);
        var gate = new Lock();
        var consumed = new List<int>();
        OrderedWork.Run(20, new RunSettings { Threads = 2, Cancellation = TestContext.Current.CancellationToken }, i =>
        {
            lock (gate) most = Math.Max(most, ++running);
            if (i > 0) others.Signal();
            else Assert.True(others.Wait(TimeSpan.FromMinutes(1)));
            lock (gate) running--;
            return i;
        }, (_, i) => consumed.Add(i), areKept: true);
        Assert.Equal(Enumerable.Range(0, 20), consumed);
        Assert.Equal(2, most);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void No_more_results_than_threads_are_alive_at_once(int threads)
    {
        var (alive, most) = (0, 0);
        var gate = new Lock();
        OrderedWork.Run(30, new RunSettings { Threads = threads }, i =>
        {
            lock (gate) most = Math.Max(most, ++alive);
            return i;
        }, (_, _) =>
        {
            lock (gate) alive--;
        });
        Assert.InRange(most, 1, threads);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_exception_reaches_the_caller_as_it_is_and_nothing_runs_on(bool areKept)
    {
        var running = 0;
        var started = 0;
        Assert.Throws<InvalidDataException>(() => OrderedWork.Run(500, new RunSettings { Threads = 4 }, i =>
        {
            Interlocked.Increment(ref started);
            Interlocked.Increment(ref running);
            Thread.Sleep(i == 2 ? 0 : 20);
            Interlocked.Decrement(ref running);
            return i == 2 ? throw new InvalidDataException("piece 2") : i;
        }, (_, _) => { }, areKept));
        Assert.Equal(0, running);
        Assert.InRange(started, 3, 100);
    }

    [Fact]
    public void An_exception_while_consuming_leaves_nothing_running()
    {
        var running = 0;
        Assert.Throws<InvalidDataException>(() => OrderedWork.Run(20, new RunSettings { Threads = 4 }, i =>
        {
            Interlocked.Increment(ref running);
            Thread.Sleep(20);
            Interlocked.Decrement(ref running);
            return i;
        }, (i, _) =>
        {
            if (i == 1) throw new InvalidDataException("consumer");
        }));
        Assert.Equal(0, running);
    }

    [Fact]
    public void Cancelling_ends_the_work_and_leaves_nothing_running()
    {
        using var source = new CancellationTokenSource();
        var (running, started) = (0, 0);
        Assert.ThrowsAny<OperationCanceledException>(() => OrderedWork.Run(1000, new RunSettings { Threads = 3, Cancellation = source.Token }, i =>
        {
            Interlocked.Increment(ref started);
            Interlocked.Increment(ref running);
            Thread.Sleep(5);
            Interlocked.Decrement(ref running);
            return i;
        }, (i, _) =>
        {
            if (i == 4) source.Cancel();
        }));
        Assert.Equal(0, running);
        Assert.InRange(started, 5, 20);
    }

    [Fact]
    public void No_pieces_are_no_work() => OrderedWork.Run(0, new RunSettings(), i => i, (_, _) => Assert.Fail("nothing to consume"));
}
