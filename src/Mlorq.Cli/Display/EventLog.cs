using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Mlorq.Cli.Display;

/// <summary>Progress and messages for machines, one JSON object on each line; docs/command-line.md describes them.</summary>
internal sealed class EventLog(TextWriter writer)
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private readonly Lock _lock = new();

    /// <summary>Pieces of a stage that are done.</summary>
    /// <param name="stage">Its name, as in text.</param>
    /// <param name="done">Pieces done.</param>
    /// <param name="total">Pieces in all.</param>
    /// <param name="layer">The layer or other piece just finished.</param>
    /// <param name="secondsLeft">Of this stage, estimated from its pace; null before anything is done.</param>
    public void Progress(string stage, int done, int total, string? layer, double? secondsLeft) => Write(new { Event = "progress", stage, done, total, layer, secondsLeft });

    public void Note(string text) => Write(new { Event = "note", text });

    public void Error(string message, int exitCode) => Write(new { Event = "error", message, exitCode });

    /// <summary>What came out.</summary>
    public void Result(object result) => Write(new { Event = "result", result });

    private void Write(object line)
    {
        var text = JsonSerializer.Serialize(line, Options);
        lock (_lock)
        {
            writer.WriteLine(text);
            writer.Flush();
        }
    }
}
