using System.Text.Json;

namespace Mlorq.Planning;

/// <summary>What a plan's file says of a layer.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Choice">How it shall be stored.</param>
/// <param name="Costs">The costs of the choices next to the one that was written.</param>
internal sealed record PlannedLayer(string Name, string Choice, IReadOnlyDictionary<string, double> Costs)
{
    /// <summary>The cost of the choice that was written, which an edit leaves behind; not a number where there is none.</summary>
    public double OwnCost { get; init; }

    /// <summary>Its standard error.</summary>
    public double OwnError { get; init; }

    /// <summary>The bytes of the choice that was written; null where they are not there.</summary>
    public long? OwnSize { get; init; }
}

/// <summary>What a plan's file says, as it is written.</summary>
/// <param name="Path">The file.</param>
/// <param name="ModelHash">SHA-256 of the model.</param>
/// <param name="PlanHash">The hash of the plan that was written; an edited one has another. Null where there is none.</param>
/// <param name="BudgetInBytes">The budget.</param>
/// <param name="Runtime">The runtime profile.</param>
/// <param name="OptimalityGap">The gap of the plan that was written; not a number where there is none.</param>
/// <param name="Layers">The layers, in order.</param>
internal sealed record PlanDocument(string Path, string ModelHash, string? PlanHash, long BudgetInBytes, RuntimeProfile Runtime, double OptimalityGap, IReadOnlyList<PlannedLayer> Layers)
{
    private const int LargestFile = 64_000_000;

    private static readonly string[] Keys =
    [
        "$schema", "format", "version", "tool", "modelSha256", "planHash", "runtime", "budgetInBytes", "sizeInBytes", "originalSizeInBytes", "sizeOfTheRestInBytes", "cost",
        "signalToNoiseInDecibels", "optimalityGap", "layers", "comment",
    ];

    private static readonly string[] LayerKeys =
        ["name", "kind", "shape", "choice", "sizeInBytes", "shareOfSize", "cost", "standardError", "shareOfCost", "nextCheaper", "nextBetter", "comment"];

    /// <summary>16 hexadecimal digits of a hash over layers and choices as they are written.</summary>
    public string HashOfChoices => ShortHash.Of(string.Join('\n', Layers.Select(l => $"{l.Name}\t{l.Choice}")));

    /// <summary>Reads the text of a file; comments and commas at the end of a list are allowed.</summary>
    /// <exception cref="PlanException">It is no plan.</exception>
    public static PlanDocument Parse(string path, byte[] text)
    {
        if (text.Length > LargestFile) throw new PlanException($"'{path}' has {text.Length} bytes, which is no plan.");
        try
        {
            using var document = JsonDocument.Parse(WithoutMark(text), new JsonDocumentOptions { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip });
            return Parse(path, document.RootElement);
        }
        catch (JsonException e)
        {
            throw new PlanException($"'{path}' is no JSON: {e.Message.Split(" LineNumber")[0].TrimEnd('.')}, in line {e.LineNumber + 1}.", e);
        }
        catch (InvalidOperationException e)
        {
            // Half of a surrogate pair, which JSON can write and no text can hold.
            throw new PlanException($"'{path}' has characters that are no text: {e.Message.TrimEnd('.')}.", e);
        }
    }

    // Some editors put a byte order mark in front.
    private static ReadOnlyMemory<byte> WithoutMark(byte[] text) => text is [0xEF, 0xBB, 0xBF, ..] ? text.AsMemory(3) : text;

    private static PlanDocument Parse(string path, JsonElement root)
    {
        var reader = new PlanReader(path);
        if (root.ValueKind != JsonValueKind.Object || reader.Text(root, "format", "") != PlanJson.FormatName)
            throw new PlanException($"'{path}' is no plan of Mlorq: it does not say \"format\": \"{PlanJson.FormatName}\". `mlorq plan` makes one.");
        if (reader.Whole(root, "version", "") is var version && version != PlanJson.Version)
            throw new PlanException($"The plan '{path}' is of version {version}, and this version of Mlorq reads version {PlanJson.Version}. Make it again with `mlorq plan`.");
        reader.EnsureKnown(root, Keys, "the plan");
        var runtime = root.TryGetProperty("runtime", out _) ? reader.Text(root, "runtime", "") : RuntimeNames.Of(RuntimeProfile.Memory);
        var profile = RuntimeNames.Find(runtime) ?? throw reader.Wrong("runtime", "memory or speed", $"'{runtime}'");
        var budget = reader.Whole(root, "budgetInBytes", "");
        if (budget < 1) throw reader.Wrong("budgetInBytes", "a number of bytes from 1 on", $"{budget}");
        return new PlanDocument(
            path,
            reader.Text(root, "modelSha256", ""),
            root.TryGetProperty("planHash", out _) ? reader.Text(root, "planHash", "") : null,
            budget,
            profile,
            PlanReader.Number(root, "optimalityGap"),
            [.. reader.List(root, "layers").Select((layer, i) => Layer(reader, layer, i))]);
    }

    private static PlannedLayer Layer(PlanReader reader, JsonElement layer, int index)
    {
        var where = $"layers[{index}].";
        if (layer.ValueKind != JsonValueKind.Object) throw reader.Wrong(where.TrimEnd('.'), "an object with name and choice", $"{layer.ValueKind}");
        var name = reader.Text(layer, "name", where);
        reader.EnsureKnown(layer, LayerKeys, $"layer '{name}'");
        var costs = new Dictionary<string, double>();
        foreach (var key in (string[])["nextCheaper", "nextBetter"])
        {
            if (layer.TryGetProperty(key, out var next) && next.ValueKind == JsonValueKind.Object && next.TryGetProperty("choice", out var choice) && choice.ValueKind == JsonValueKind.String)
                costs[choice.GetString()!] = PlanReader.Number(next, "cost");
        }

        return new PlannedLayer(name, reader.Text(layer, "choice", where), costs) { OwnCost = PlanReader.Number(layer, "cost"), OwnError = PlanReader.Number(layer, "standardError"), OwnSize = layer.TryGetProperty("sizeInBytes", out var size) && size.ValueKind == JsonValueKind.Number && size.TryGetInt64(out var bytes) ? bytes : null };
    }
}

/// <summary>Reads values out of a plan's JSON, with errors that say where.</summary>
internal sealed class PlanReader(string path)
{
    public PlanException Wrong(string key, string expected, string actual) => new($"The plan '{path}' cannot be used: {key} is {actual}; it must be {expected}.");

    public void EnsureKnown(JsonElement element, IReadOnlyList<string> known, string where)
    {
        var names = element.EnumerateObject().Select(p => p.Name).ToList();
        if (names.Find(n => !known.Contains(n)) is { } unknown)
            throw new PlanException($"The plan '{path}' cannot be used: {where} has an entry '{unknown}', which is not known{(NearestNames.Suggestion(unknown, known) is { Length: > 0 } suggestion ? suggestion : ".")} For remarks there is \"comment\".");
        if (names.GroupBy(n => n).FirstOrDefault(g => g.Count() > 1) is { } twice) throw new PlanException($"The plan '{path}' cannot be used: {where} has '{twice.Key}' twice. Leave one.");
    }

    public string Text(JsonElement element, string key, string where) => element.TryGetProperty(key, out var value)
        ? value.ValueKind == JsonValueKind.String ? value.GetString()! : throw Wrong(where + key, "a text in quotes", value.ValueKind.ToString())
        : throw Wrong(where + key, "a text in quotes", "missing");

    public long Whole(JsonElement element, string key, string where) => element.TryGetProperty(key, out var value)
        ? value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) ? number : throw Wrong(where + key, "a whole number", value.ToString())
        : throw Wrong(where + key, "a whole number", "missing");

    public IEnumerable<JsonElement> List(JsonElement element, string key) => element.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.Array
        ? value.EnumerateArray()
        : throw Wrong(key, "a list", "missing or something else");

    /// <summary>A number; not a number where there is none.</summary>
    public static double Number(JsonElement element, string key) =>
        element.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) ? number : double.NaN;
}
