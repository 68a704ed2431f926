namespace Mlorq.Vision;

/// <summary>Goes through two masks of one size together, in pieces within which neither of them changes.</summary>
internal ref struct RunPairs(ReadOnlySpan<int> first, ReadOnlySpan<int> second)
{
    private readonly ReadOnlySpan<int> _first = first;
    private readonly ReadOnlySpan<int> _second = second;
    private (int Next, int Left) _atFirst;
    private (int Next, int Left) _atSecond;

    /// <summary>Pixels of the piece.</summary>
    public int Length { get; private set; }

    /// <summary>Whether they are inside the first mask.</summary>
    public readonly bool IsInFirst => IsInside(_atFirst.Next);

    /// <summary>Whether they are inside the second mask.</summary>
    public readonly bool IsInSecond => IsInside(_atSecond.Next);

    public bool MoveNext()
    {
        _atFirst.Left -= Length;
        _atSecond.Left -= Length;
        Advance(_first, ref _atFirst);
        Advance(_second, ref _atSecond);
        Length = Math.Min(_atFirst.Left, _atSecond.Left);
        return Length > 0;
    }

    // The run before an even one is odd, and that is inside.
    private static bool IsInside(int next) => (next & 1) == 0;

    private static void Advance(ReadOnlySpan<int> runs, ref (int Next, int Left) at)
    {
        while (at.Left == 0 && at.Next < runs.Length) at = (at.Next + 1, runs[at.Next]);
    }
}
