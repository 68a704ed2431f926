using System.Collections.Immutable;
using System.Text.Json;

namespace Mlorq.Vision;

/// <summary>
/// The JSON form of <see cref="Preprocessing"/>. Fields, all optional: "resize" (shorter side such as 248, or "WIDTHxHEIGHT"),
/// "crop" (224, or "WIDTHxHEIGHT"), "interpolation" ("nearest", "bilinear", "bicubic", "lanczos"), "mean" and "std" (a number or
/// a list of 1 or 3), "channels" (1 or 3), "layout" ("nchw", "nhwc"). Null for resize or crop means none.
/// </summary>
public static class PreprocessingJson
{
    private static readonly string[] Fields = ["resize", "crop", "interpolation", "mean", "std", "channels", "layout"];

    internal static string Write(Preprocessing value)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            WriteSize(json, "resize", value.Resize?.ToString());
            WriteSize(json, "crop", value.Crop is { } crop && crop.Width == crop.Height ? $"{crop.Width}" : value.Crop?.ToString());
            json.WriteString("interpolation", Word(value.Interpolation));
            WriteNumbers(json, "mean", value.Mean);
            WriteNumbers(json, "std", value.Std);
            json.WriteNumber("channels", value.Channels);
            json.WriteString("layout", Word(value.Layout));
            json.WriteEndObject();
        }

        return System.Text.Encoding.UTF8.GetString(stream.ToArray());
    }

    internal static Preprocessing Read(string json, Preprocessing defaults, string subject)
    {
        ArgumentNullException.ThrowIfNull(json);
        try
        {
            using var document = JsonDocument.Parse(json);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                throw new PreprocessingException($"{subject} must be a JSON object, such as {Write(Preprocessing.ForInput(224, 224, 3))}");
            var violations = new List<string>();
            var result = Read(document.RootElement, defaults, violations);

            // What was not understood is not judged a second time for its value.
            if (violations.Count == 0) violations.AddRange(result.Violations());
            return violations.Count == 0 ? result : throw new PreprocessingException($"{subject} is not valid: {string.Join(" ", violations)}");
        }
        catch (JsonException e)
        {
            throw new PreprocessingException($"{subject} is not valid JSON (line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}).", e);
        }
        catch (InvalidOperationException e)
        {
            // Half of a surrogate pair, which JSON can write and no text can hold.
            throw new PreprocessingException($"{subject} has characters that are no text: {e.Message.TrimEnd('.')}.", e);
        }
    }

    private static Preprocessing Read(JsonElement root, Preprocessing defaults, List<string> violations)
    {
        var names = root.EnumerateObject().Select(p => p.Name).ToList();
        violations.AddRange(names.Except(Fields).Select(n => $"'{n}' is not a field; the fields are {string.Join(", ", Fields)}."));
        violations.AddRange(names.GroupBy(n => n).Where(g => g.Count() > 1).Select(g => $"'{g.Key}' is given {g.Count()} times."));
        var result = StartingPoint(root, defaults);
        foreach (var field in root.EnumerateObject()) result = With(result, field, violations);
        return result;
    }

    // A default that a given field makes senseless must not survive: the crop after an exact size, three means for grey.
    private static Preprocessing StartingPoint(JsonElement root, Preprocessing defaults)
    {
        if (root.TryGetProperty("resize", out var resize) && resize.ValueKind == JsonValueKind.String && resize.GetString()!.Contains('x'))
            defaults = defaults with { Crop = null };
        return root.TryGetProperty("channels", out var channels) && channels.ValueKind == JsonValueKind.Number
            && channels.TryGetInt32(out var count) && count == 1 && defaults.Channels != 1
            ? defaults with { Mean = [0f], Std = [1f] }
            : defaults;
    }

    private static Preprocessing With(Preprocessing value, JsonProperty field, List<string> violations)
    {
        var given = field.Value;
        switch (field.Name)
        {
            case "resize" or "crop" when given.ValueKind == JsonValueKind.Null:
                return field.Name == "resize" ? value with { Resize = null } : value with { Crop = null };
            case "resize" when ResizeRule.TryParse(Text(given), out var rule):
                return value with { Resize = rule };
            case "crop" when PictureSize.TryParse(Text(given), out var size):
                return value with { Crop = size };
            case "interpolation" when TryWord<Interpolation>(given, out var interpolation):
                return value with { Interpolation = interpolation };
            case "layout" when TryWord<Layout>(given, out var layout):
                return value with { Layout = layout };
            case "channels" when given.ValueKind == JsonValueKind.Number && given.TryGetInt32(out var channels):
                return value with { Channels = channels };
            case "mean" when TryNumbers(given, out var mean):
                return value with { Mean = mean };
            case "std" when TryNumbers(given, out var std):
                return value with { Std = std };
            default:
                if (Fields.Contains(field.Name)) violations.Add($"{field.Name} is {given.GetRawText()}; {Expected(field.Name)}");
                return value;
        }
    }

    private static string Expected(string field) => field switch
    {
        "resize" => "it must be the shorter side such as 248, or \"WIDTHxHEIGHT\" (at least 1).",
        "crop" => "it must be a side such as 224, or \"WIDTHxHEIGHT\" (at least 1).",
        "interpolation" => $"it must be one of {string.Join(", ", Enum.GetValues<Interpolation>().Select(Word))}.",
        "layout" => $"it must be one of {string.Join(", ", Enum.GetValues<Layout>().Select(Word))}.",
        "channels" => "it must be 1 or 3.",
        _ => "it must be a number or a list of numbers.",
    };

    private static string Text(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Number => value.GetRawText(),
        JsonValueKind.String => value.GetString()!,
        _ => string.Empty,
    };

    private static string Word<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();

    private static bool TryWord<T>(JsonElement given, out T value)
        where T : struct, Enum
    {
        var text = given.ValueKind == JsonValueKind.String ? given.GetString() : null;
        value = Enum.GetValues<T>().FirstOrDefault(v => Word(v) == text);
        return Word(value) == text;
    }

    private static bool TryNumbers(JsonElement given, out ImmutableArray<float> numbers)
    {
        var list = given.ValueKind == JsonValueKind.Array ? given.EnumerateArray().ToList() : [given];
        var valid = list.TrueForAll(n => n.ValueKind == JsonValueKind.Number);
        numbers = valid ? [.. list.Select(n => n.GetSingle())] : [];
        return valid;
    }

    private static void WriteSize(Utf8JsonWriter json, string name, string? text)
    {
        if (text is null) json.WriteNull(name);
        else if (text.Contains('x', StringComparison.Ordinal)) json.WriteString(name, text);
        else json.WriteNumber(name, int.Parse(text, System.Globalization.CultureInfo.InvariantCulture));
    }

    private static void WriteNumbers(Utf8JsonWriter json, string name, ImmutableArray<float> numbers)
    {
        json.WriteStartArray(name);
        foreach (var number in numbers) json.WriteNumberValue(number);
        json.WriteEndArray();
    }
}
