namespace Mlorq.Vision;

/// <summary>The smallest box around runs.</summary>
internal static class RunLengthBounds
{
    /// <summary>The box; all zeros where no run is inside.</summary>
    /// <param name="runs">See <see cref="RunLengthMask.Runs"/>.</param>
    /// <param name="height">Rows of the picture, which is the length of a column.</param>
    public static Box Of(ReadOnlySpan<int> runs, int height)
    {
        if (runs.Length < 2) return default;
        var (left, right, top, bottom) = (int.MaxValue, 0, height, 0);
        var start = 0;
        for (var i = 0; i < runs.Length; start += runs[i], i++)
        {
            if ((i & 1) == 0) continue;
            var ((x, y), (endX, endY)) = (Math.DivRem(start, height), Math.DivRem(start + runs[i] - 1, height));
            // A run that goes on in the next column touches the last row and the first one.
            if (endX > x) (y, endY) = (0, height - 1);
            (left, right) = (Math.Min(left, x), Math.Max(right, endX));
            (top, bottom) = (Math.Min(top, y), Math.Max(bottom, endY));
        }

        return new Box(left, top, right - left + 1, bottom - top + 1);
    }
}
