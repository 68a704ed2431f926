using System.Globalization;
using System.Reflection;
using Mlorq.Quantization;

namespace Mlorq.Resuming;

/// <summary>Reads values as <see cref="OptionsText"/> writes them, and puts them into records of options.</summary>
internal static class OptionValues
{
    /// <summary>A copy of a record with one value changed.</summary>
    /// <param name="record">The record.</param>
    /// <param name="path">The names of properties that lead to the value.</param>
    /// <param name="text">The value.</param>
    /// <exception cref="FormatException">There is no such property, or the text tells no value for it.</exception>
    public static object With(object record, ReadOnlySpan<string> path, string text)
    {
        var type = record.GetType();
        var property = type.GetProperty(path[0], BindingFlags.Public | BindingFlags.Instance);
        if (property is null || !property.CanWrite) throw new FormatException($"this version has no option {path[0]}");
        var inner = path.Length > 1 ? property.GetValue(record) : null;
        if (path.Length > 1 && inner is null) throw new FormatException($"{string.Join('.', path)} was {text}");
        var value = path.Length > 1 ? With(inner!, path[1..], text) : Parse(property.PropertyType, text) ?? Missing(path[0], text);
        // The copy that `with` makes.
        var copy = type.GetMethod("<Clone>$")!.Invoke(record, null)!;
        property.SetValue(copy, value == Nothing ? null : value);
        return copy;
    }

    private static readonly object Nothing = new();

    private static object Missing(string name, string text) => throw new FormatException($"{name} was {text}");

    private static object? Parse(Type type, string text)
    {
        if (Nullable.GetUnderlyingType(type) is { } inner) return text == "none" ? Nothing : Parse(inner, text);
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>)) return text == "none" ? Nothing : ParseList(type.GetGenericArguments()[0], text);
        if (text == "none" && !type.IsValueType && type != typeof(string)) return Nothing;
        if (type.IsEnum) return Enum.TryParse(type, text, out var word) ? word : null;
        if (type == typeof(bool)) return bool.TryParse(text, out var flag) ? flag : null;
        if (type == typeof(int)) return int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null;
        if (type == typeof(ulong)) return ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
        if (type == typeof(double)) return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : null;
        if (type == typeof(string)) return text;
        if (type == typeof(LayerRule)) return RuleOf(text);
        if (type == typeof(BitWidth)) return BitWidth.All.Cast<BitWidth?>().FirstOrDefault(w => w.ToString() == text);
        if (type == typeof(Granularity)) return text == Granularity.PerOutputChannel.ToString() ? Granularity.PerOutputChannel : int.TryParse(text, out var size) ? new Granularity(size) : null;
        return null;
    }

    /// <summary>An item of a list, whose items have a comma and a space between them.</summary>
    public static string Item(string text) => text.Replace(@"\", @"\\", StringComparison.Ordinal).Replace(", ", @",\ ", StringComparison.Ordinal);

    private static LayerRule? RuleOf(string item)
    {
        try
        {
            return LayerRule.Parse(item.Replace(@",\ ", ", ", StringComparison.Ordinal).Replace(@"\\", @"\", StringComparison.Ordinal));
        }
        catch (OptionsException)
        {
            return null;
        }
    }

    private static Array? ParseList(Type type, string text)
    {
        if (text is not ['[', .., ']']) return null;
        var items = text[1..^1].Split(", ", StringSplitOptions.RemoveEmptyEntries);
        var list = Array.CreateInstance(type, items.Length);
        for (var i = 0; i < items.Length; i++)
        {
            if (Parse(type, items[i]) is not { } item) return null;
            list.SetValue(item, i);
        }

        return list;
    }
}
