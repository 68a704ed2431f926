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
    private readonly string? _readme;

    private ResultFiles(string path, string? readme) => (_path, _readme) = (path, readme);

    /// <summary>Makes sure that results can be written, before anything is measured.</summary>
    /// <exception cref="BenchmarkException">The folder or the readme cannot be used.</exception>
    public static ResultFiles Prepare(BenchmarkOptions options)
    {
        try
        {
            Directory.CreateDirectory(options.Output);
            if (options.Readme is { } readme) _ = Between(readme, File.ReadAllText(readme), "");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BenchmarkException(e.Message);
        }

        return new ResultFiles(Path.Combine(options.Output, Path.GetFileNameWithoutExtension(options.Model)), options.Readme);
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

    /// <summary>Puts the table between the readme's marker lines, if a readme was named.</summary>
    public void WriteReadme(string table)
    {
        if (_readme is not null) File.WriteAllText(_readme, Between(_readme, File.ReadAllText(_readme), table));
    }

    private static string Between(string readme, string text, string table)
    {
        var begin = text.IndexOf(Begin, StringComparison.Ordinal);
        var end = text.IndexOf(End, StringComparison.Ordinal);
        if (begin < 0 || end < begin) throw new BenchmarkException($"'{readme}' needs the lines '{Begin}' and '{End}', in this order; the table goes between them.");
        return $"{text[..(begin + Begin.Length)]}\n{table}{text[end..]}";
    }
}
