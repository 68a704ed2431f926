namespace Mlorq.InterLayer;

/// <summary>What a search may use; counted in states and not in seconds, so that the outcome is the same on every machine.</summary>
internal sealed class SearchAllowance
{
    /// <summary>States that one group may produce before merging: 24 bytes each, held up to three times, so about 0.15 GB.</summary>
    public const int MostCandidates = 2_000_000;

    // States kept for tracing back, over all groups of one search: 8 bytes each, so 160 MB.
    private const long MostKept = 20_000_000;

    // States looked at, over all searches of one call: a few seconds.
    private const long MostLookedAt = 2_000_000_000;

    private long _kept;
    private long _lookedAt;

    public bool Spend(long states) => (_lookedAt += states) <= MostLookedAt;

    public bool Keep(long states) => (_kept += states) <= MostKept;

    /// <summary>Forgets the states that were kept; what was looked at stays spent.</summary>
    public void Release() => _kept = 0;
}
