using System.Globalization;
using System.Security.Cryptography;
using Mlorq.TestKit;

namespace Mlorq.Vision.Tests;

/// <summary>What Pillow made of the fixtures (Fixtures/make_fixtures.py).</summary>
internal static class Fixtures
{
    public static string PathOf(string name) => TestFiles.Repository($"tests/Mlorq.Vision.Tests/Fixtures/{name}");

    public static IReadOnlyList<Expected> Read(string table, string prefix = "") =>
        [.. File.ReadLines(PathOf(table)).Select(Expected.Parse).Where(e => e.Name.StartsWith(prefix, StringComparison.Ordinal))];

    internal sealed record Expected(string Name, int Channels, int Width, int Height, string Sha256)
    {
        public static Expected Parse(string line)
        {
            var f = line.Split('\t');
            var numbers = CultureInfo.InvariantCulture;
            return new Expected(f[0], f[1] == "L" ? 1 : 3, int.Parse(f[2], numbers), int.Parse(f[3], numbers), f[4]);
        }

        /// <summary>Null if the picture is the expected one, else what differs.</summary>
        public string? Difference(Picture actual)
        {
            if ((actual.Channels, actual.Width, actual.Height) != (Channels, Width, Height))
                return $"{Name}: expected {Width}x{Height}x{Channels}, got {actual.Width}x{actual.Height}x{actual.Channels}";
            return Convert.ToHexStringLower(SHA256.HashData(actual.Pixels)) == Sha256 ? null : $"{Name}: other pixels";
        }
    }
}
