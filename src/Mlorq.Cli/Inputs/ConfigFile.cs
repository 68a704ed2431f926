using System.CommandLine;
using System.Globalization;
using System.Text.Json;

namespace Mlorq.Cli.Inputs;

/// <summary>
/// Options of a command from a JSON file, by their names without dashes. They take the place of options that the line does not give, and are
/// understood by the same parser; only layer rules add up, those of the file first.
/// </summary>
internal sealed class ConfigFile
{
    /// <summary>The key for an editor.</summary>
    public const string SchemaKey = "$schema";

    /// <summary>The key of the model.</summary>
    public const string ModelKey = "model";

    private readonly ICommandWithConfig _command;
    private readonly string _path;

    private ConfigFile(ICommandWithConfig command, string path) => (_command, _path) = (command, path);

    /// <summary>A command line with what its --config adds; the same where it has none.</summary>
    /// <exception cref="UsageException">The file cannot be read, or has a key or a value that the command does not know.</exception>
    public static IReadOnlyList<string> Expand(IReadOnlyList<string> args, ParseResult parsed)
    {
        if (parsed.CommandResult.Command is not ICommandWithConfig command || parsed.GetResult(command.Config) is not { Tokens: [{ Value: var path }, ..] }) return args;
        var added = new ConfigFile(command, path).Added(parsed).ToList();
        // Before the line's own options, so that the line's rules are the last ones.
        var name = args.ToList().IndexOf(parsed.CommandResult.Command.Name);
        return [.. args.Take(name + 1), .. added, .. args.Skip(name + 1)];
    }

    private IEnumerable<string> Added(ParseResult parsed)
    {
        var properties = Read();
        var options = Options(_command);
        var known = options.Select(KeyOf).Append(ModelKey).Append(SchemaKey).ToList();
        if (properties.Find(p => !known.Contains(p.Name)) is { Name: { } unknown })
        {
            var nearest = NearestNames.Of(unknown, known);
            var meant = nearest.Count > 0 ? $"Did you mean '{nearest[0]}'?" : $"It knows {string.Join(", ", known.Order(StringComparer.Ordinal))}.";
            throw new UsageException($"'{_path}' has the key '{unknown}', which {((Command)_command).Name} does not know. {meant}");
        }

        // The model goes first: after an option it might be taken for its value.
        foreach (var (name, value) in properties.OrderBy(p => p.Name != ModelKey))
        {
            if (name == SchemaKey) continue;
            if (name == ModelKey)
            {
                if (parsed.GetResult(_command.ModelArgument) is not { Tokens.Count: > 0 }) yield return Text(name, value);
                continue;
            }

            var option = options.First(o => KeyOf(o) == name);
            if (IsGiven(parsed, option) && !_command.AddingUp.Contains(option)) continue;
            if (_command.Alternatives.Any(a => a.Contains(option) && a.Any(o => IsGiven(parsed, o)))) continue;
            foreach (var text in Values(name, option, value)) yield return text;
        }
    }

    /// <summary>The options that a file can give.</summary>
    public static IReadOnlyList<Option> Options(ICommandWithConfig command)
    {
        var all = ((Command)command).Options.Concat(((Command)command).Parents.OfType<Command>().SelectMany(p => p.Options.Where(o => o.Recursive)));
        return [.. all.Where(o => !o.Hidden && o != command.Config && o is not (System.CommandLine.Help.HelpOption or VersionOption))];
    }

    /// <summary>The key of an option.</summary>
    public static string KeyOf(Option option) => option.Name.TrimStart('-');

    /// <summary>Whether values have a name before an equals sign, so that they may be an object.</summary>
    public static bool HasNames(Option option) => option.HelpName?.Contains('=', StringComparison.Ordinal) == true;

    private static bool IsGiven(ParseResult parsed, Option option) => parsed.GetResult(option) is { Implicit: false };

    private List<(string Name, JsonElement Value)> Read()
    {
        try
        {
            var options = new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true, AllowDuplicateProperties = false };
            using var document = JsonDocument.Parse(File.ReadAllBytes(_path), options);
            if (document.RootElement.ValueKind != JsonValueKind.Object) throw new UsageException($"'{_path}' is no JSON object. It must be one with options as keys, such as {{ \"budget\": \"2.5MB\" }}.");
            return [.. document.RootElement.Clone().EnumerateObject().Select(p => (p.Name, p.Value))];
        }
        catch (JsonException e)
        {
            throw new UsageException($"'{_path}' is not valid JSON: {e.Message.TrimEnd('.')}.");
        }
        catch (InvalidOperationException e)
        {
            throw NoText("a key", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"The file of options '{_path}' cannot be read: {e.Message.TrimEnd('.')}.");
        }
    }

    private IEnumerable<string> Values(string key, Option option, JsonElement value)
    {
        if (option.ValueType == typeof(bool))
        {
            if (value.ValueKind is not (JsonValueKind.True or JsonValueKind.False)) throw Wrong(key, value, "true or false");
            return value.GetBoolean() ? [option.Name] : [];
        }

        // One argument with an equals sign: a value may begin with a dash.
        var takesMany = option.ValueType.IsArray;
        return value.ValueKind switch
        {
            JsonValueKind.Array when takesMany => value.EnumerateArray().Select(v => $"{option.Name}={Text(key, v)}"),
            JsonValueKind.Object when takesMany && HasNames(option) =>
                value.EnumerateObject().Select(p => $"{option.Name}={Readable(key, () => p.Name)}={List(key, p.Value)}"),
            _ => [$"{option.Name}={Text(key, value)}"],
        };
    }

    private string List(string key, JsonElement value) =>
        value.ValueKind == JsonValueKind.Array ? string.Join(',', value.EnumerateArray().Select(v => Text(key, v))) : Text(key, value);

    private string Text(string key, JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => Readable(key, () => value.GetString()!),
        JsonValueKind.Number => value.TryGetDecimal(out var number) ? number.ToString(CultureInfo.InvariantCulture) : value.GetRawText(),
        _ => throw Wrong(key, value, "a text or a number"),
    };

    // Bytes that are no UTF-8, or half of a surrogate pair, which JSON can write and no text can hold.
    private string Readable(string key, Func<string> text)
    {
        try
        {
            return text();
        }
        catch (InvalidOperationException e)
        {
            throw NoText($"'{key}'", e);
        }
    }

    private UsageException NoText(string where, Exception e) => new($"'{_path}' has characters that are no text in {where}: {e.Message.TrimEnd('.')}.");

    private UsageException Wrong(string key, JsonElement value, string expected) => new($"'{_path}' has {value.GetRawText()} for '{key}'; it must be {expected}.");
}

/// <summary>A command whose options may be in a file.</summary>
internal interface ICommandWithConfig
{
    /// <summary>The option that names the file.</summary>
    Option<string?> Config { get; }

    /// <summary>The argument that the file may give.</summary>
    Argument ModelArgument { get; }

    /// <summary>Options that add to those of the file instead of taking their place.</summary>
    IReadOnlyList<Option> AddingUp { get; }

    /// <summary>Options of which one is given, so that one on the line takes the place of any in the file.</summary>
    IReadOnlyList<IReadOnlyList<Option>> Alternatives { get; }
}
