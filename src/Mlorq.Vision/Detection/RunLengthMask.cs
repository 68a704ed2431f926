namespace Mlorq.Vision;

/// <summary>
/// The pixels of an object as lengths of runs, as COCO keeps them: down the first column, down the second and so on; the first run is outside the object (and may be 0), the second
/// inside, and so on in turn.
/// </summary>
public sealed class RunLengthMask
{
    private readonly int[] _runs;

    private RunLengthMask(PictureSize size, int[] runs)
    {
        (Size, _runs) = (size, runs);
        for (var i = 1; i < runs.Length; i += 2) Area += runs[i];
    }

    /// <summary>Of the whole picture.</summary>
    public PictureSize Size { get; }

    /// <summary>Pixels inside the object.</summary>
    public long Area { get; }

    /// <summary>The smallest box around the object; all zeros where it has no pixel.</summary>
    public Box Bounds => RunLengthBounds.Of(_runs, Size.Height);

    /// <summary>Lengths that sum up to the pixels of the picture; none but the first is 0.</summary>
    internal ReadOnlySpan<int> Runs => _runs;

    /// <summary>A mask from pixels.</summary>
    /// <param name="size">Of the picture.</param>
    /// <param name="isInside">Whether the pixel at a column and a row belongs to the object.</param>
    public static RunLengthMask FromPixels(PictureSize size, Func<int, int, bool> isInside)
    {
        ArgumentNullException.ThrowIfNull(isInside);
        ArgumentOutOfRangeException.ThrowIfLessThan(size.Width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(size.Height, 1);
        var runs = new List<int>();
        var (length, inside) = (0, false);
        for (var x = 0; x < size.Width; x++)
        {
            for (var y = 0; y < size.Height; y++)
            {
                if (isInside(x, y) != inside)
                {
                    runs.Add(length);
                    (length, inside) = (0, !inside);
                }

                length++;
            }
        }

        runs.Add(length);
        return new RunLengthMask(size, [.. runs]);
    }

    /// <summary>A mask from its runs; those of length 0 are joined with their neighbours.</summary>
    /// <exception cref="ArgumentException">They do not cover the picture.</exception>
    internal static RunLengthMask FromRuns(PictureSize size, IReadOnlyList<int> runs)
    {
        if (runs.Sum(r => (long)r) != (long)size.Width * size.Height || runs.Any(r => r < 0)) throw new ArgumentException($"The runs do not cover {size} pixels.", nameof(runs));
        var joined = new List<int>();
        for (var i = 0; i < runs.Count; i++)
        {
            var isTurn = (joined.Count & 1) == (i & 1);
            if (isTurn && (runs[i] > 0 || i == 0)) joined.Add(runs[i]);
            else if (!isTurn) joined[^1] += runs[i];
        }

        return new RunLengthMask(size, [.. joined]);
    }

    /// <summary>The pixels of either mask; both of one size.</summary>
    internal RunLengthMask Or(RunLengthMask other)
    {
        var runs = new List<int> { 0 };
        for (var pieces = new RunPairs(_runs, other._runs); pieces.MoveNext();)
        {
            var inside = pieces.IsInFirst || pieces.IsInSecond;
            if ((runs.Count & 1) == 0 == inside) runs[^1] += pieces.Length;
            else runs.Add(pieces.Length);
        }

        return new RunLengthMask(Size, [.. runs]);
    }
}
