namespace Mlorq.Vision;

/// <summary>The order of one picture's logits: larger first, the lower class first among equals; NaN has no order.</summary>
internal static class Logits
{
    /// <summary>Classes per picture.</summary>
    public static int Classes(ReadOnlySpan<float> logits, int pictures)
    {
        if (pictures == 0 ? logits.Length != 0 : logits.Length == 0 || logits.Length % pictures != 0)
            throw new ArgumentException($"{logits.Length} logits do not divide among {pictures} pictures.", nameof(logits));
        return pictures == 0 ? 0 : logits.Length / pictures;
    }

    /// <summary>Class with the largest logit; −1 if a NaN is among them.</summary>
    public static int Top(ReadOnlySpan<float> logits)
    {
        var top = 0;
        for (var c = 0; c < logits.Length; c++)
        {
            if (float.IsNaN(logits[c])) return -1;
            if (logits[c] > logits[top]) top = c;
        }

        return top;
    }

    /// <summary>How many classes come before <paramref name="label"/>; <see cref="int.MaxValue"/> if a NaN is among the logits.</summary>
    public static int RankOf(ReadOnlySpan<float> logits, int label)
    {
        if (label < 0 || label >= logits.Length) throw new ArgumentException($"The label {label} is not one of {logits.Length} classes.", nameof(label));
        var rank = 0;
        for (var c = 0; c < logits.Length; c++)
        {
            if (float.IsNaN(logits[c])) return int.MaxValue;
            if (logits[c] > logits[label] || (logits[c] == logits[label] && c < label)) rank++;
        }

        return rank;
    }
}
