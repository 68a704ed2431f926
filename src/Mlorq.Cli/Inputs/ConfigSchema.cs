using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Mlorq.Cli.Inputs;

/// <summary>The JSON schema of a file of options, from the options themselves: for editors, which complete and check by it.</summary>
internal static class ConfigSchema
{
    private static readonly JsonSerializerOptions Format = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Of(ICommandWithConfig command)
    {
        var properties = new JsonObject
        {
            [ConfigFile.SchemaKey] = Typed("string", "This schema, for editors."),
            [ConfigFile.ModelKey] = Typed("string", command.ModelArgument.Description),
        };
        foreach (var option in ConfigFile.Options(command)) properties[ConfigFile.KeyOf(option)] = PropertyOf(option);
        var schema = new JsonObject
        {
            [ConfigFile.SchemaKey] = "https://json-schema.org/draft/2020-12/schema",
            ["title"] = $"Options of mlorq {((Command)command).Name}",
            ["description"] = "Options as on the command line, without dashes. The command line wins; layer rules add up. Paths are relative to the current folder.",
            ["type"] = "object",
            ["additionalProperties"] = false,
            ["properties"] = properties,
        };
        return schema.ToJsonString(Format) + "\n";
    }

    private static JsonObject PropertyOf(Option option)
    {
        var type = Nullable.GetUnderlyingType(option.ValueType) ?? option.ValueType;
        if (type == typeof(bool)) return Typed("boolean", option.Description);
        if (type == typeof(int) || type == typeof(ulong)) return Typed("integer", option.Description);
        if (type == typeof(double)) return Typed("number", option.Description);
        if (type.IsArray) return Several(option);
        var property = OfferedWords.Of(option) is { Count: > 0 } words
            ? new JsonObject { ["enum"] = new JsonArray([.. words.Select(w => JsonValue.Create(w))]) }
            : new JsonObject { ["type"] = new JsonArray("string", "number") };
        property["description"] = option.Description;
        return property;
    }

    private static JsonObject Several(Option option)
    {
        var forms = new JsonArray(new JsonObject { ["type"] = "string" }, new JsonObject { ["type"] = "array", ["items"] = new JsonObject { ["type"] = "string" } });
        if (ConfigFile.HasNames(option))
        {
            var value = new JsonObject
            {
                ["anyOf"] = new JsonArray(
                    new JsonObject { ["type"] = new JsonArray("string", "number") },
                    new JsonObject { ["type"] = "array", ["items"] = new JsonObject { ["type"] = new JsonArray("string", "number") } }),
            };
            forms.Add(new JsonObject { ["type"] = "object", ["additionalProperties"] = value });
        }

        return new JsonObject { ["anyOf"] = forms, ["description"] = option.Description };
    }

    private static JsonObject Typed(string type, string? description) => new() { ["type"] = type, ["description"] = description };
}
