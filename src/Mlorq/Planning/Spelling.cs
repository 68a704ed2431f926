namespace Mlorq.Planning;

/// <summary>What may have been meant by a word that is none of those that are known.</summary>
internal static class Spelling
{
    /// <summary>The end of a sentence: <c>; did you mean 'x'?</c>, or nothing where no word is near.</summary>
    public static string Suggestion(string word, IEnumerable<string> known) => Nearest(word, known) is { } meant ? $"; did you mean '{meant}'?" : "";

    private static string? Nearest(string word, IEnumerable<string> known)
    {
        var (best, least) = ((string?)null, Math.Max(1, word.Length / 3) + 1);
        foreach (var candidate in known)
        {
            if (Distance(word, candidate) is var distance && distance < least) (best, least) = (candidate, distance);
        }

        return best;
    }

    // Letters to insert, delete or replace (Levenshtein).
    private static int Distance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var replaced = diagonal + (char.ToUpperInvariant(a[i - 1]) == char.ToUpperInvariant(b[j - 1]) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[b.Length];
    }
}
