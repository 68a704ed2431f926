using System.Text.Json;

namespace Mlorq.Vision;

/// <summary>An object in a list of a COCO file; what is wrong with a field is said with the file, the list, the place in it (from 0) and the field.</summary>
internal readonly record struct CocoObject(CocoJson File, string Kind, int Index, JsonElement Json)
{
    /// <summary>A whole number that must be there.</summary>
    public long Whole(string field) =>
        Find(field) is { ValueKind: JsonValueKind.Number } json && json.TryGetInt64(out var value) ? value : throw Wrong(field, "it must be a whole number");

    /// <summary>A finite number that must be there.</summary>
    public double Number(string field, string what) => Find(field) is { } json && TryNumber(json, out var value) ? value : throw Wrong(field, $"it must be a number{what}");

    /// <summary>A text that must be there.</summary>
    public string Text(string field)
    {
        try
        {
            if (Find(field) is { ValueKind: JsonValueKind.String } json) return json.GetString()!;
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair, which JSON can write and no text can hold.
        }

        throw Wrong(field, "it must be a text");
    }

    /// <summary>0 or 1, false or true; false where it is not there.</summary>
    public bool Flag(string field) => Find(field) switch
    {
        null or { ValueKind: JsonValueKind.False } => false,
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.Number } json when json.TryGetInt32(out var value) && value is 0 or 1 => json.GetInt32() == 1,
        _ => throw Wrong(field, "it must be 0 or 1"),
    };

    /// <summary>A box that must be there.</summary>
    public Box Box(string field) =>
        Find(field) is { } json && Numbers(json) is [var x, var y, var width, var height]
            ? new Box(x, y, width, height)
            : throw Wrong(field, "it must be four numbers, [x, y, width, height] in pixels");

    /// <summary>A field; null where it is not there or null.</summary>
    public JsonElement? Find(string field) => Json.TryGetProperty(field, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    /// <summary>Finite numbers of a list; null where it is something else.</summary>
    public static double[]? Numbers(JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Array) return null;
        var numbers = new double[json.GetArrayLength()];
        var i = 0;
        foreach (var element in json.EnumerateArray())
        {
            if (!TryNumber(element, out numbers[i++])) return null;
        }

        return numbers;
    }

    /// <summary>The exception for a field.</summary>
    /// <param name="field">The field.</param>
    /// <param name="expected">What must be the case, as the end of a sentence without its point.</param>
    public CocoException Wrong(string field, string expected) =>
        Error(Find(field) is { } json ? $"\"{field}\" is {CocoJson.Shortened(json)}; {expected}." : $"\"{field}\" is missing; {expected}.");

    /// <summary>The exception for the object.</summary>
    /// <param name="problem">What is wrong and what to do.</param>
    public CocoException Error(string problem) => File.Error($"{Kind} {Index}{Id} (counted from 0): {problem}");

    private string Id => Find("id") is { ValueKind: JsonValueKind.Number } id ? $" with id {id.GetRawText()}" : Find("image_id") is { ValueKind: JsonValueKind.Number } image ? $" of image {image.GetRawText()}" : "";

    private static bool TryNumber(JsonElement json, out double value)
    {
        value = 0;
        return json.ValueKind == JsonValueKind.Number && json.TryGetDouble(out value) && double.IsFinite(value);
    }
}
