namespace Mlorq.Vision;

/// <summary>
/// The pixels within a polygon, the same ones as those of rleFrPoly in COCO's maskApi: corners are rounded on a grid of a fifth of a pixel, edges are drawn on it, and where they cross the
/// middle line of a column of pixels, inside and outside change.
/// </summary>
internal static class PolygonMask
{
    private const int Scale = 5;

    /// <summary>The mask of one polygon.</summary>
    /// <param name="corners">x and y of each corner in turn, in pixels; the last one is joined with the first.</param>
    /// <param name="size">Of the picture; what is outside of it is cut off.</param>
    public static RunLengthMask Of(ReadOnlySpan<double> corners, PictureSize size)
    {
        var crossings = new Crossings(size);
        for (var i = 0; i < corners.Length; i += 2)
        {
            var next = (i + 2) % corners.Length;
            Draw((OnGrid(corners[i]), OnGrid(corners[i + 1])), (OnGrid(corners[next]), OnGrid(corners[next + 1])), crossings);
        }

        return crossings.ToMask();
    }

    // A half is added and the rest cut off, also below zero, as a conversion to int does in C.
    private static int OnGrid(double coordinate) => (int)((Scale * coordinate) + .5);

    // Each edge is computed upwards along its longer axis, so that both directions give the same points.
    private static void Draw((int X, int Y) from, (int X, int Y) to, Crossings crossings)
    {
        var (width, height) = (Math.Abs(to.X - from.X), Math.Abs(to.Y - from.Y));
        var isFlat = width >= height;
        var isTurned = isFlat ? from.X > to.X : from.Y > to.Y;
        if (isTurned) (from, to) = (to, from);
        var length = isFlat ? width : height;
        var slope = length == 0 ? 0 : (double)(isFlat ? to.Y - from.Y : to.X - from.X) / length;
        for (var i = 0; i <= length; i++)
        {
            var t = isTurned ? length - i : i;
            if (isFlat) crossings.StepTo(from.X + t, (int)(from.Y + (slope * t) + .5));
            else crossings.StepTo((int)(from.X + (slope * t) + .5), from.Y + t);
        }
    }

    /// <summary>Where a line of points on the grid crosses the middle lines of columns.</summary>
    private sealed class Crossings(PictureSize size)
    {
        // Indices, down the columns, of the pixels from which on the state changes.
        private readonly List<int> _pixels = [];
        private (int X, int Y)? _before;

        public void StepTo(int x, int y)
        {
            if (_before is { } before && before.X != x) Cross(x < before.X ? x : x - 1, Math.Min(y, before.Y));
            _before = (x, y);
        }

        public RunLengthMask ToMask()
        {
            _pixels.Sort();
            _pixels.Add(size.Width * size.Height);
            return RunLengthMask.FromRuns(size, [.. _pixels.Select((p, i) => i == 0 ? p : p - _pixels[i - 1])]);
        }

        private void Cross(int gridX, int gridY)
        {
            var (x, y) = (InPixels(gridX), InPixels(gridY));
            if (Math.Floor(x) != x || x < 0 || x > size.Width - 1) return;
            _pixels.Add(((int)x * size.Height) + (int)Math.Ceiling(Math.Clamp(y, 0, size.Height)));
        }

        private static double InPixels(int grid) => ((grid + .5) / Scale) - .5;
    }
}
