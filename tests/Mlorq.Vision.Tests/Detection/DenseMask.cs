using System.Text.Json;

namespace Mlorq.Vision.Tests;

/// <summary>Masks as plain arrays of pixels, worked out one pixel at a time.</summary>
internal sealed record DenseMask(bool[,] Pixels)
{
    /// <summary>[rows].</summary>
    public int Height => Pixels.GetLength(0);

    /// <summary>[columns].</summary>
    public int Width => Pixels.GetLength(1);

    public int Area => Inside().Count();

    /// <summary>x, y, width and height of what is inside.</summary>
    public double[] Bounds()
    {
        var inside = Inside().ToList();
        if (inside.Count == 0) return [0, 0, 0, 0];
        var (left, top) = (inside.Min(p => p.X), inside.Min(p => p.Y));
        return [left, top, inside.Max(p => p.X) - left + 1, inside.Max(p => p.Y) - top + 1];
    }

    /// <summary>Any of the three forms of a file.</summary>
    public static DenseMask Of(JsonElement segmentation, int height, int width)
    {
        var mask = new DenseMask(new bool[height, width]);
        if (segmentation.ValueKind == JsonValueKind.Array)
        {
            foreach (var part in segmentation.EnumerateArray()) mask.Add([.. part.EnumerateArray().Select(c => c.GetDouble())]);
            return mask;
        }

        var counts = segmentation.GetProperty("counts");
        var lengths = counts.ValueKind == JsonValueKind.Array ? counts.EnumerateArray().Select(c => c.GetInt64()) : Decode(counts.GetString()!);
        var (x, y, inside) = (0, 0, false);
        foreach (var length in lengths)
        {
            for (var i = 0; i < length; i++)
            {
                mask.Pixels[y, x] = inside;
                if (++y < height) continue;
                (x, y) = (x + 1, 0);
            }

            inside = !inside;
        }

        Assert.Equal((width, 0), (x, y));
        return mask;
    }

    public static double Overlap(DenseMask detection, DenseMask truth, bool isCrowd)
    {
        var (both, either, own) = (0, 0, 0);
        for (var y = 0; y < truth.Height; y++)
        {
            for (var x = 0; x < truth.Width; x++)
            {
                var (d, t) = (detection.Pixels[y, x], truth.Pixels[y, x]);
                if (d && t) both++;
                if (d || t) either++;
                if (d) own++;
            }
        }

        return both == 0 ? 0 : isCrowd ? (double)both / own : (double)both / either;
    }

    /// <summary>Lengths of runs down the columns, the first outside.</summary>
    public List<int> Runs()
    {
        var (runs, length, inside) = (new List<int>(), 0, false);
        for (var at = 0; at < Pixels.Length; at++, length++)
        {
            if (Pixels[at % Height, at / Height] == inside) continue;
            runs.Add(length);
            (length, inside) = (0, !inside);
        }

        return [.. runs, length];
    }

    /// <summary>The text that COCO's tools make of runs.</summary>
    public static string Encode(IReadOnlyList<int> runs)
    {
        var text = new System.Text.StringBuilder();
        for (var i = 0; i < runs.Count; i++)
        {
            long rest = i > 2 ? runs[i] - runs[i - 2] : runs[i];
            for (var more = true; more;)
            {
                var five = (int)(rest & 31);
                rest >>= 5;
                more = (five & 16) != 0 ? rest != -1 : rest != 0;
                text.Append((char)(48 + five + (more ? 32 : 0)));
            }
        }

        return text.ToString();
    }

    private IEnumerable<(int X, int Y)> Inside()
    {
        for (var y = 0; y < Height; y++)
        {
            for (var x = 0; x < Width; x++)
            {
                if (Pixels[y, x]) yield return (x, y);
            }
        }
    }

    private static IEnumerable<long> Decode(string text)
    {
        var lengths = new List<long>();
        for (var p = 0; p < text.Length;)
        {
            var digits = new List<int>();
            do digits.Add(text[p] - 48);
            while (text[p++] - 48 >= 32);
            var value = (digits[^1] & 16) != 0 ? -1L : 0;
            foreach (var digit in Enumerable.Reverse(digits)) value = (value * 32) + (digit % 32);
            lengths.Add(lengths.Count > 2 ? value + lengths[^2] : value);
        }

        return lengths;
    }

    // In units of a fifth of a pixel, the middle line of a column is at 5x + 2½, and the middle of a pixel at 5y + 2½. A pixel is inside if an odd number of steps of the outline over
    // the middle line of its column lie above it.
    private void Add(double[] corners)
    {
        var grid = corners.Select(c => (int)((5 * c) + 0.5)).ToArray();
        var points = Enumerable.Range(0, grid.Length / 2).SelectMany(i => Edge(grid[2 * i], grid[(2 * i) + 1], grid[((2 * i) + 2) % grid.Length], grid[((2 * i) + 3) % grid.Length])).ToList();
        var part = new bool[Height, Width];
        foreach (var (a, b) in points.Zip(points.Skip(1)))
        {
            var left = Math.Min(a.X, b.X);
            if (a.X == b.X || left < 2 || left % 5 != 2 || left / 5 >= Width) continue;
            for (var y = 0; y < Height; y++) part[y, left / 5] ^= (5 * y) + 2 >= Math.Min(a.Y, b.Y);
        }

        for (var y = 0; y < Height; y++)
        {
            for (var x = 0; x < Width; x++) Pixels[y, x] |= part[y, x];
        }
    }

    private static IEnumerable<(int X, int Y)> Edge(int x0, int y0, int x1, int y1) =>
        Math.Abs(x1 - x0) < Math.Abs(y1 - y0) ? Along(y0, x0, y1, x1).Select(p => (p.Other, p.Long)) : Along(x0, y0, x1, y1);

    // Along the longer axis, always from its smaller end.
    private static IEnumerable<(int Long, int Other)> Along(int from, int other, int to, int otherTo)
    {
        if (from > to) return Along(to, otherTo, from, other).Reverse();
        if (from == to) return [(from, other)];
        var slope = (double)(otherTo - other) / (to - from);
        return Enumerable.Range(0, to - from + 1).Select(t => (from + t, (int)(other + (slope * t) + 0.5)));
    }
}
