using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Mlorq.Benchmarks.Accuracy;

/// <summary>A benchmark's results as a JSON and a Markdown file, named after the model's file.</summary>
internal sealed class ReportFiles
{
    // Signal-to-noise is infinite for equal outputs, and a correlation of nothing is no number, which JSON numbers cannot say.
    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private readonly string _path;

    private ReportFiles(string path) => _path = path;

    /// <summary>Makes sure that results can be written, before anything is measured.</summary>
    /// <exception cref="BenchmarkException">The folder cannot be used.</exception>
    public static ReportFiles Prepare(string folder, string model)
    {
        try
        {
            Directory.CreateDirectory(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BenchmarkException(e.Message);
        }

        return new ReportFiles(System.IO.Path.Combine(folder, System.IO.Path.GetFileNameWithoutExtension(model)));
    }

    /// <summary>The command that makes these results, paths as given.</summary>
    public static string CommandLine(string project, IReadOnlyList<string> arguments) =>
        $"dotnet run -c Release --project {project} -- {string.Join(' ', arguments.Select(a => a.Any(char.IsWhiteSpace) ? $"\"{a}\"" : a))}";

    /// <summary>A report that was written before.</summary>
    /// <exception cref="BenchmarkException">It is none.</exception>
    public static T Read<T>(string path)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(File.ReadAllText(path), Json) ?? throw new BenchmarkException($"'{path}' is empty.");
        }
        catch (JsonException e)
        {
            throw new BenchmarkException($"'{path}' holds no results: {e.Message}");
        }
    }

    /// <summary>The JSON file.</summary>
    public string Path => _path + ".json";

    /// <summary>Writes both files.</summary>
    public void Write<T>(T report, string table)
    {
        File.WriteAllText(Path, JsonSerializer.Serialize(report, Json) + "\n");
        File.WriteAllText(_path + ".md", table);
    }
}
