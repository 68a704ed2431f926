namespace Mlorq.Vision;

/// <summary>
/// COCO's text for runs: from the fourth on, each as the difference to the one before the last; five bits in a character, the lowest first, with a sixth that says that more follow; as in
/// LEB128 the sign is the highest bit of the last five. The characters are those from '0' on.
/// </summary>
internal static class RunLengthText
{
    private const int First = '0';
    private const int More = 0x20;
    private const int Sign = 0x10;

    // Seven characters hold 35 bits, more than any length needs.
    private const int LongestNumber = 7;

    /// <summary>The runs; null where the text is none of this form.</summary>
    public static List<int>? Parse(ReadOnlySpan<char> text)
    {
        var runs = new List<int>();
        while (!text.IsEmpty)
        {
            if (Number(ref text) is not { } value) return null;
            if (runs.Count > 2) value += runs[^2];
            if (value is < 0 or > int.MaxValue) return null;
            runs.Add((int)value);
        }

        return runs;
    }

    private static long? Number(ref ReadOnlySpan<char> text)
    {
        var value = 0L;
        for (var i = 0; i < Math.Min(LongestNumber, text.Length); i++)
        {
            var bits = text[i] - First;
            if (bits is < 0 or > 0x3F) return null;
            value |= (long)(bits & 0x1F) << (5 * i);
            if ((bits & More) != 0) continue;
            text = text[(i + 1)..];
            return (bits & Sign) != 0 ? value | (-1L << (5 * (i + 1))) : value;
        }

        return null;
    }
}
