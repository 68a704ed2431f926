namespace Mlorq;

/// <summary>What somebody may have meant who wrote a name that does not exist.</summary>
public static class NearestNames
{
    private const int Most = 3;

    /// <summary>At most three of the names that are nearest, none if they are other words altogether.</summary>
    /// <param name="given">A name, or a pattern in which <c>*</c> stands for any characters and <c>?</c> for one.</param>
    /// <param name="names">The names that exist.</param>
    public static IReadOnlyList<string> Of(string given, IEnumerable<string> names)
    {
        // A part of a name will do, such as head of head.weight; of names that have it equally well the shorter one comes first.
        var ranked = names.Distinct()
            .Select(n => (Name: n, Distance: Distance($"*{given}*", n)))
            .OrderBy(n => n.Distance)
            .ThenBy(n => Distance(given, n.Name))
            .ThenBy(n => n.Name, StringComparer.Ordinal)
            .ToList();
        if (ranked.Count == 0) return [];
        // A word of which half the letters are others is another word.
        var most = Math.Max(1, given.Length / 2);
        return [.. ranked.Where(n => n.Distance <= Math.Min(most, ranked[0].Distance)).Take(Most).Select(n => n.Name)];
    }

    /// <summary>The end of a sentence: <c>; did you mean 'x'?</c>, or nothing where no name is near.</summary>
    internal static string Suggestion(string given, IEnumerable<string> names) => Of(given, names) is [var meant, ..] ? $"; did you mean '{meant}'?" : "";

    /// <summary>Letters to insert, delete or replace (Levenshtein); what a wildcard stands for costs nothing.</summary>
    internal static int Distance(string given, string name)
    {
        var row = Enumerable.Range(0, name.Length + 1).ToArray();
        foreach (var letter in given)
        {
            var diagonal = row[0];
            if (letter != '*') row[0]++;
            for (var j = 1; j < row.Length; j++)
            {
                var replaced = diagonal + (letter == '?' || char.ToUpperInvariant(letter) == char.ToUpperInvariant(name[j - 1]) ? 0 : 1);
                diagonal = row[j];
                row[j] = letter == '*' ? Math.Min(row[j], row[j - 1]) : Math.Min(replaced, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[^1];
    }
}
