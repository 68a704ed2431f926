namespace Mlorq.InterLayer;

/// <summary>Goes over all pairs of groups again and again while one of them can be improved.</summary>
internal static class PairSweep
{
    // About a tenth of a second; the plan is only a start, so stopping early costs speed and not exactness.
    private const long MostSteps = 100_000_000;

    /// <summary>Runs the sweep.</summary>
    /// <param name="groups">The number of groups.</param>
    /// <param name="stepsOf">The work that a pair takes.</param>
    /// <param name="improve">Chooses anew for a pair; whether that was an improvement.</param>
    /// <param name="ct">Ends the work.</param>
    public static void Run(int groups, Func<int, int, long> stepsOf, Func<int, int, bool> improve, CancellationToken ct)
    {
        long steps = 0;
        for (var improved = true; improved;)
        {
            improved = false;
            for (var g = 0; g < groups; g++)
            {
                ct.ThrowIfCancellationRequested();
                for (var h = g + 1; h < groups; h++)
                {
                    steps += stepsOf(g, h);
                    if (steps > MostSteps) return;
                    improved |= improve(g, h);
                }
            }
        }
    }
}
