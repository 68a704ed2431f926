using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Mlorq.Benchmarks.Accuracy;

namespace Mlorq.Benchmarks.Prices;

/// <summary>Where results go.</summary>
internal sealed class ResultFiles
{
    // A correlation of nothing is no number.
    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private readonly string _path;

    private ResultFiles(string path) => _path = path;

    /// <summary>Makes sure that results can be written, before anything is measured.</summary>
    /// <exception cref="BenchmarkException">The folder cannot be used.</exception>
    public static ResultFiles Prepare(BenchmarkOptions options)
    {
        try
        {
            Directory.CreateDirectory(options.Output);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BenchmarkException(e.Message);
        }

        return new ResultFiles(Path.Combine(options.Output, Path.GetFileNameWithoutExtension(options.Model)));
    }

    /// <summary>The command that makes these results, paths as given.</summary>
    public static string CommandLine(IReadOnlyList<string> arguments) =>
        $"dotnet run -c Release --project bench/prices -- {string.Join(' ', arguments.Select(a => a.Any(char.IsWhiteSpace) ? $"\"{a}\"" : a))}";

    /// <summary>Writes the JSON file and the Markdown file.</summary>
    public void Write(Report report, string table)
    {
        File.WriteAllText(_path + ".json", JsonSerializer.Serialize(report, Json) + "\n");
        File.WriteAllText(_path + ".md", table);
    }
}
