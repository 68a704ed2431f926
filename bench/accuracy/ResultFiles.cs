using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Mlorq.Benchmarks.Accuracy;

/// <summary>Where results go.</summary>
internal sealed class ResultFiles
{
    private const string Begin = "<!-- accuracy:begin -->";
    private const string End = "<!-- accuracy:end -->";

    // Signal-to-noise is infinite for equal outputs, which JSON numbers cannot say.
    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private readonly string _path;
    private readonly IReadOnlyList<ReadmeTable> _readmes;

    private ResultFiles(string path, IReadOnlyList<ReadmeTable> readmes) => (_path, _readmes) = (path, readmes);

    /// <summary>Makes sure that results can be written, before anything is measured.</summary>
    /// <exception cref="BenchmarkException">The folder or the readme cannot be used.</exception>
    public static ResultFiles Prepare(BenchmarkOptions options)
    {
        try
        {
            Directory.CreateDirectory(options.Output);
            foreach (var readme in options.Readmes) _ = Between(readme.File, File.ReadAllText(readme.File), "");
            foreach (var method in options.Readmes.SelectMany(r => r.Methods ?? []).Where(m => !options.Methods.Contains(m))) throw new BenchmarkException($"'{method}' is for a table, but is not among the methods measured.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BenchmarkException(e.Message);
        }

        return new ResultFiles(Path.Combine(options.Output, Path.GetFileNameWithoutExtension(options.Model)), options.Readmes);
    }

    /// <summary>The command that makes these results, paths as given.</summary>
    public static string CommandLine(IReadOnlyList<string> arguments) =>
        $"dotnet run -c Release --project bench/accuracy -- {string.Join(' ', arguments.Select(a => a.Any(char.IsWhiteSpace) ? $"\"{a}\"" : a))}";

    /// <summary>Writes the JSON file and the Markdown file.</summary>
    public void Write(Report report, string table)
    {
        File.WriteAllText(_path + ".json", JsonSerializer.Serialize(report, Json) + "\n");
        File.WriteAllText(_path + ".md", table);
    }

    /// <summary>Puts tables between the marker lines of the files that were named.</summary>
    public void WriteReadmes(Report report)
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
