namespace Mlorq.Benchmarks.Accuracy;

/// <summary>Tables of some methods between the marker lines of pages.</summary>
internal sealed class ReadmeTables
{
    private const string Begin = "<!-- accuracy:begin -->";
    private const string End = "<!-- accuracy:end -->";

    private readonly IReadOnlyList<ReadmeTable> _readmes;

    private ReadmeTables(IReadOnlyList<ReadmeTable> readmes) => _readmes = readmes;

    /// <summary>Makes sure that the tables can be written, before anything is measured.</summary>
    /// <exception cref="BenchmarkException">A page cannot be read or has no marker lines, or a method of its table is not measured.</exception>
    public static ReadmeTables Prepare(BenchmarkOptions options)
    {
        try
        {
            foreach (var readme in options.Readmes) _ = Between(readme.File, File.ReadAllText(readme.File), "");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BenchmarkException(e.Message);
        }

        var missing = options.Readmes.SelectMany(r => r.Methods ?? []).FirstOrDefault(m => !options.Methods.Contains(m));
        if (missing is not null) throw new BenchmarkException($"'{missing}' is for a table, but is not among the methods measured.");
        return new ReadmeTables(options.Readmes);
    }

    /// <summary>Writes the tables.</summary>
    public void Write(Report report)
    {
        foreach (var (file, methods) in _readmes)
        {
            var own = report.Methods.Where(m => methods is null || methods.Contains(m.Method)).ToList();
            File.WriteAllText(file, Between(file, File.ReadAllText(file), MarkdownTable.Of(report with { Methods = own, Verdicts = Verdict.Of(own) })));
        }
    }

    private static string Between(string readme, string text, string table)
    {
        var begin = text.IndexOf(Begin, StringComparison.Ordinal);
        var end = text.IndexOf(End, StringComparison.Ordinal);
        if (begin < 0 || end < begin) throw new BenchmarkException($"'{readme}' needs the lines '{Begin}' and '{End}', in this order; the table goes between them.");
        return $"{text[..(begin + Begin.Length)]}\n{table}{text[end..]}";
    }
}
