using System.Text;

namespace Mlorq.Cli.Tests.Fuzzing;

/// <summary>Damages files in the ways in which files get damaged, and in some in which they do not; equal seeds do equal damage.</summary>
internal static class Mutation
{
    // Lengths, counts and signs that parsers trip over.
    private static readonly byte[] Telling = [0x00, 0x01, 0x7F, 0x80, 0xFF, 0xFE, 0x0A, 0x20];

    private static readonly string[] Numbers = ["-1", "0", "1e999", "99999999999999999999", "NaN", "0.5", "null", "true", "\"\"", "[]", "{}", "2147483648"];

    /// <summary>One to four kinds of damage to bytes.</summary>
    public static byte[] OfBytes(byte[] whole, int seed)
    {
        var random = new Random(seed);
        var bytes = whole.ToList();
        for (var count = random.Next(1, 5); count > 0 && bytes.Count > 1; count--) Damage(bytes, random);
        return [.. bytes];
    }

    /// <summary>The same for text: values, names and punctuation as well as bytes.</summary>
    public static byte[] OfText(string whole, int seed)
    {
        var random = new Random(seed);
        var text = whole;
        for (var count = random.Next(1, 3); count > 0; count--) text = Damaged(text, random);
        var bytes = Encoding.UTF8.GetBytes(text);
        return random.Next(4) == 0 ? OfBytes(bytes, seed) : bytes;
    }

    private static void Damage(List<byte> bytes, Random random)
    {
        // Most of a model is weights; what describes them is at both ends, or near what is small.
        var at = random.Next(3) switch { 0 => random.Next(bytes.Count), 1 => random.Next(Math.Min(bytes.Count, 600)), _ => bytes.Count - 1 - random.Next(Math.Min(bytes.Count, 1200)) };
        var length = Math.Min(bytes.Count - at, 1 + random.Next(1 << random.Next(1, 8)));
        switch (random.Next(7))
        {
            case 0: bytes[at] ^= (byte)(1 << random.Next(8)); break;
            case 1: bytes[at] = Telling[random.Next(Telling.Length)]; break;
            case 2: bytes.RemoveRange(at, bytes.Count - at); break;
            case 3: bytes.RemoveRange(at, length); break;
            case 4: bytes.InsertRange(at, bytes.GetRange(at, length)); break;
            case 5: bytes.InsertRange(at, Enumerable.Range(0, length).Select(_ => (byte)random.Next(256))); break;
            default:
                for (var i = 0; i < length; i++) bytes[at + i] = Telling[i % Telling.Length];
                break;
        }
    }

    private static string Damaged(string text, Random random)
    {
        if (text.Length < 4) return text + "{";
        var at = random.Next(text.Length - 1);
        switch (random.Next(6))
        {
            case 0: return text[..at];
            case 1: return text.Remove(at, Math.Min(text.Length - at, 1 + random.Next(6)));
            case 2: return text.Insert(at, "{[\"':,]}\\\u0000é"[random.Next(11)].ToString());
            case 3: return text.Insert(at, text.Substring(at, Math.Min(text.Length - at, 1 + random.Next(40))));
            case 4: return Replaced(text, random, char.IsAsciiDigit, Numbers[random.Next(Numbers.Length)]);
            default: return Replaced(text, random, char.IsAsciiLetter, "other");
        }
    }

    // Puts something in place of a number, or of a word.
    private static string Replaced(string text, Random random, Func<char, bool> belongs, string with)
    {
        var at = random.Next(text.Length);
        while (at < text.Length && !belongs(text[at])) at++;
        var end = at;
        while (end < text.Length && belongs(text[end])) end++;
        return text[..at] + with + text[end..];
    }
}
