namespace Mlorq.InterLayer;

/// <summary>What a search may use; counted in states and not in seconds, so that the outcome is the same on every machine.</summary>
/// <param name="mostLookedAt">States looked at, over all searches that share the allowance.</param>
internal sealed class SearchAllowance(long mostLookedAt = SearchAllowance.Most)
{
    /// <summary>States looked at under one limit: a few seconds.</summary>
    public const long Most = 2_000_000_000;

    /// <summary>States looked at under two limits: about five seconds, as these have bounds and an order that take longer.</summary>
    public const long MostTimed = 40_000_000;

    /// <summary>States that one group may produce before merging: 24 bytes each, held up to three times, so about 0.15 GB.</summary>
    public const int MostCandidates = 2_000_000;

    // States kept for tracing back, over all groups of one search: 8 bytes each, so 160 MB.
    private const long MostKept = 20_000_000;

    private long _kept;
    private long _lookedAt;

    public bool IsSpent => _lookedAt > mostLookedAt;

    public bool Spend(long states) => (_lookedAt += states) <= mostLookedAt;

    public bool Keep(long states) => (_kept += states) <= MostKept;

    /// <summary>Forgets the states that were kept; what was looked at stays spent.</summary>
    public void Release() => _kept = 0;
}
