namespace Mlorq.Timing;

/// <summary>A limit on latency in a plan.</summary>
/// <param name="LimitInNanoseconds">What was asked for.</param>
/// <param name="PredictedInNanoseconds">What a run is predicted to take: the rest of the model, and the linear layers as they are stored.</param>
/// <param name="TableHash">The table of kernel times, see <see cref="KernelTable.Hash"/>.</param>
public sealed record PlannedLatency(long LimitInNanoseconds, long PredictedInNanoseconds, string TableHash)
{
    /// <summary>Whether the prediction keeps the limit.</summary>
    public bool IsMet => PredictedInNanoseconds <= LimitInNanoseconds;
}

/// <summary>The time that a run of the compressed model may take, as a table of kernel times predicts it.</summary>
/// <param name="Milliseconds">The most.</param>
/// <param name="Table">The table, measured for the same model on the machine that counts.</param>
public sealed record LatencyLimit(double Milliseconds, KernelTable Table)
{
    /// <summary>The same in nanoseconds, a fraction dropped.</summary>
    internal long Nanoseconds => (long)(Milliseconds * 1e6);

    internal void AddViolations(List<string> violations, ActivationOptions activations)
    {
        if (!(Milliseconds > 0 && Milliseconds <= LargestLimit)) violations.Add($"the latency limit must be above 0 and at most {LargestLimit} milliseconds, not {Milliseconds}");
        if (activations.Scales == IntegerScales.Static || activations.SimulatedBits is not null)
            violations.Add("a limit on latency is for activations in single precision or with dynamic scales: the table of kernel times has neither products with static scales nor simulated activations");
    }

    // A day; nanoseconds of it are far from overflowing.
    private const double LargestLimit = 86_400_000;
}
