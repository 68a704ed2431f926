namespace Mlorq.Vision.Tests.Evaluation;

public class LatencyTests
{
    private const int WarmUpRuns = 5;
    private const int FewestRuns = 5;

    [Fact]
    public void Quantiles_are_interpolated_between_the_sorted_times()
    {
        var times = new RunTimes(new[] { 50, 10, 30, 20, 40, 60 }.Select(m => TimeSpan.FromMilliseconds(m)));
        Assert.Equal(6, times.Count);
        Assert.Equal(35, times.Median.TotalMilliseconds, 9);
        Assert.Equal(15, times.Quantile(0.1).TotalMilliseconds, 9);
        Assert.Equal(55, times.Quantile(0.9).TotalMilliseconds, 9);
        Assert.Equal(10, times.Quantile(0).TotalMilliseconds, 9);
        Assert.Equal(60, times.Quantile(1).TotalMilliseconds, 9);
    }

    [Fact]
    public void A_single_run_is_all_its_quantiles_and_none_is_refused()
    {
        var times = new RunTimes([TimeSpan.FromSeconds(2)]);
        Assert.Equal([2, 2, 2], new[] { 0.1, 0.5, 0.9 }.Select(p => times.Quantile(p).TotalSeconds));
        Assert.Throws<ArgumentException>(() => new RunTimes([]));
        Assert.Throws<ArgumentOutOfRangeException>(() => times.Quantile(1.1));
    }

    [Fact]
    public void Runs_take_turns_and_each_is_timed_after_warming_up()
    {
        var order = new List<char>();
        var times = Latency.Measure([() => order.Add('a'), () => order.Add('b'), () => order.Add('c')], 7, TimeSpan.FromHours(1), TestContext.Current.CancellationToken);
        Assert.Equal(string.Concat(Enumerable.Repeat("abc", WarmUpRuns + 7)), string.Concat(order));
        Assert.Equal([7, 7, 7], times.Select(t => t.Count));
    }

    [Fact]
    public void When_time_is_up_the_fewest_runs_are_made_up_but_no_more_than_asked_for()
    {
        Assert.Equal(FewestRuns, Assert.Single(Latency.Measure([() => { }], 100, TimeSpan.Zero, TestContext.Current.CancellationToken)).Count);
        Assert.Equal(2, Assert.Single(Latency.Measure([() => { }], 2, TimeSpan.Zero, TestContext.Current.CancellationToken)).Count);
        Assert.Throws<ArgumentOutOfRangeException>(() => Latency.Measure([() => { }], 0, TimeSpan.Zero, TestContext.Current.CancellationToken));
    }

    [Fact]
    public void Cancelling_stops_before_the_next_run()
    {
        using var cancel = new CancellationTokenSource();
        var runs = 0;
        Assert.Throws<OperationCanceledException>(() => Latency.Measure(
            [
                () =>
                {
                    if (++runs == 8) cancel.Cancel();
                },
            ],
            100,
            TimeSpan.FromHours(1),
            cancel.Token));
        Assert.Equal(8, runs);
    }
}
