using System.Text.Json;

namespace Mlorq.Vision;

/// <summary>The JSON document of a COCO file.</summary>
internal sealed class CocoJson : IDisposable
{
    private const int LongestValue = 60;

    private readonly string _path;
    private readonly JsonDocument _document;

    private CocoJson(string path, JsonDocument document) => (_path, _document) = (path, document);

    /// <summary>The whole.</summary>
    public JsonElement Root => _document.RootElement;

    /// <summary>Reads a file.</summary>
    /// <exception cref="CocoException">It cannot be read, or is no JSON.</exception>
    public static CocoJson Read(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        try
        {
            using var stream = File.OpenRead(path);
            return new CocoJson(path, JsonDocument.Parse(stream));
        }
        catch (JsonException e)
        {
            throw new CocoException($"'{path}' is not valid JSON (line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}). It may be cut off; copy it again.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CocoException(
                Directory.Exists(path) ? $"'{path}' is a folder, not a file in COCO's form." : !File.Exists(path) ? $"There is no file '{path}'." : $"'{path}' cannot be read: {e.Message.TrimEnd('.')}.", e);
        }
    }

    /// <summary>The objects of a list.</summary>
    /// <param name="list">The list.</param>
    /// <param name="kind">What each of them is.</param>
    /// <exception cref="CocoException">One of them is no object.</exception>
    public IEnumerable<CocoObject> Objects(JsonElement list, string kind) => list.EnumerateArray().Select((json, i) =>
        json.ValueKind == JsonValueKind.Object ? new CocoObject(this, kind, i, json) : throw Error($"{kind} {i} (counted from 0) is {Shortened(json)}; it must be an object."));

    /// <summary>The exception for the file.</summary>
    /// <param name="problem">What is wrong and what to do.</param>
    public CocoException Error(string problem) => new($"'{_path}': {problem}");

    /// <summary>The beginning of a value.</summary>
    public static string Shortened(JsonElement json)
    {
        var text = json.GetRawText().ReplaceLineEndings(" ");
        return text.Length <= LongestValue ? text : $"{text[..LongestValue]}…";
    }

    /// <inheritdoc/>
    public void Dispose() => _document.Dispose();
}
