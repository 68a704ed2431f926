using System.Text.Json;
using CsCheck;

namespace Mlorq.Vision.Tests;

public sealed class RunLengthMaskTests
{
    private static readonly Gen<(bool[,] First, bool[,] Second)> TwoMasks =
        Gen.Select(Gen.Int[1, 7], Gen.Int[1, 7]).SelectMany((h, w) => Gen.Select(Gen.Bool.Array2D[h, w], Gen.Bool.Array2D[h, w]));

    [Fact]
    public void Area_bounds_union_and_overlap_are_those_of_pixels() => TwoMasks.Sample((first, second) =>
    {
        var (a, b) = (new DenseMask(first), new DenseMask(second));
        var (own, other) = (Mask(a), Mask(b));
        Assert.Equal(a.Runs(), own.Runs.ToArray());
        Assert.Equal(a.Area, own.Area);
        Assert.Equal(a.Bounds(), new[] { own.Bounds.X, own.Bounds.Y, own.Bounds.Width, own.Bounds.Height });
        var either = new DenseMask(new bool[a.Height, a.Width]);
        for (var y = 0; y < a.Height; y++)
        {
            for (var x = 0; x < a.Width; x++) either.Pixels[y, x] = first[y, x] || second[y, x];
        }

        Assert.Equal(either.Runs(), own.Or(other).Runs.ToArray());
        Assert.Equal(DenseMask.Overlap(a, b, false), MaskOverlap.Of(own, other, false));
        Assert.Equal(DenseMask.Overlap(a, b, true), MaskOverlap.Of(own, other, true));
    });

    [Fact]
    public void Text_is_read_back() => Gen.Int[0, 100_000].List[0, 30].Sample(runs => Assert.Equal(runs, RunLengthText.Parse(DenseMask.Encode(runs))!));

    [Theory]
    [InlineData("a b")] // a blank
    [InlineData("0p")] // a character beyond
    [InlineData("5o")] // more is promised than there is
    [InlineData("oooooooo0")] // longer than any length
    [InlineData("O")] // below 0
    [InlineData("000O")] // below 0 by its difference
    public void Other_text_is_none(string text) => Assert.Null(RunLengthText.Parse(text));

    [Fact]
    public void Runs_of_no_length_are_joined()
    {
        Assert.Equal([0, 6], RunLengthMask.FromRuns(new PictureSize(2, 3), [0, 2, 0, 4]).Runs.ToArray());
        Assert.Equal([5, 1], RunLengthMask.FromRuns(new PictureSize(2, 3), [0, 0, 5, 1, 0]).Runs.ToArray());
        Assert.Equal([6], RunLengthMask.FromRuns(new PictureSize(2, 3), [2, 0, 4]).Runs.ToArray());
        Assert.Throws<ArgumentException>(() => RunLengthMask.FromRuns(new PictureSize(2, 3), [2, 3]));
        Assert.Throws<ArgumentException>(() => RunLengthMask.FromRuns(new PictureSize(2, 3), [8, -2]));
    }

    /// <summary>Against a second way to the same pixels.</summary>
    [Fact]
    public void Polygons_have_the_pixels_of_the_official_tool() => Polygons.Sample((width, height, corners) =>
    {
        var dense = DenseMask.Of(JsonSerializer.SerializeToElement(new[] { corners }), height, width);
        Assert.Equal(dense.Runs(), PolygonMask.Of(corners, new PictureSize(width, height)).Runs.ToArray());
    });

    /// <summary>And against geometry: what lies deep inside is inside, and what lies far outside is not.</summary>
    [Fact]
    public void Polygons_have_the_pixels_that_they_enclose() => Polygons.Sample((width, height, corners) =>
    {
        var mask = PolygonMask.Of(corners, new PictureSize(width, height));
        var pixels = new bool[width * height];
        var at = 0;
        for (var i = 0; i < mask.Runs.Length; at += mask.Runs[i], i++) pixels.AsSpan(at, mask.Runs[i]).Fill((i & 1) == 1);
        for (var x = 0; x < width; x++)
        {
            for (var y = 0; y < height; y++)
            {
                // Pixels are squares whose upper left corners are their numbers.
                if (Distance(corners, x + 0.5, y + 0.5) > 0.5) Assert.Equal(IsEnclosed(corners, x + 0.5, y + 0.5), pixels[(x * height) + y]);
            }
        }
    });

    private static readonly Gen<(int Width, int Height, double[] Corners)> Polygons = Gen.Select(Gen.Int[1, 24], Gen.Int[1, 24], Gen.Int[2, 8])
        .SelectMany((w, h, n) => Gen.Int[-400, 2800].Select(c => c / 100.0).Array[2 * n].Select(c => (w, h, c)));

    private static RunLengthMask Mask(DenseMask mask) => RunLengthMask.FromPixels(new PictureSize(mask.Width, mask.Height), (x, y) => mask.Pixels[y, x]);

    private static IEnumerable<(double X0, double Y0, double X1, double Y1)> Edges(double[] corners) =>
        Enumerable.Range(0, corners.Length / 2).Select(i => (corners[2 * i], corners[(2 * i) + 1], corners[((2 * i) + 2) % corners.Length], corners[((2 * i) + 3) % corners.Length]));

    private static bool IsEnclosed(double[] corners, double x, double y) =>
        Edges(corners).Count(e => e.X0 > x != e.X1 > x && e.Y0 + ((e.Y1 - e.Y0) * (x - e.X0) / (e.X1 - e.X0)) < y) % 2 == 1;

    private static double Distance(double[] corners, double x, double y) => Edges(corners).Min(e =>
    {
        var (dx, dy) = (e.X1 - e.X0, e.Y1 - e.Y0);
        var length = (dx * dx) + (dy * dy);
        var t = length == 0 ? 0 : Math.Clamp((((x - e.X0) * dx) + ((y - e.Y0) * dy)) / length, 0, 1);
        return double.Hypot(x - e.X0 - (t * dx), y - e.Y0 - (t * dy));
    });
}
