using System.Globalization;
using System.Text.RegularExpressions;

namespace Mlorq.Onnx;

/// <summary>What the header of a .npy file says.</summary>
internal sealed partial record NpyHeader(NpyElement Element, long[] Shape)
{
    /// <summary>Reads the dict literal; its keys may come in any order, as the format allows.</summary>
    public static NpyHeader Parse(string header, string path)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        var match = Dictionary().Match(header);
        if (!match.Success) throw Damaged(header, path);
        for (var i = 0; i < match.Groups["key"].Captures.Count; i++)
        {
            if (!values.TryAdd(match.Groups["key"].Captures[i].Value, match.Groups["value"].Captures[i].Value)) throw Damaged(header, path);
        }

        if (values.Count != 3 || !values.TryGetValue("descr", out var type) || !values.TryGetValue("fortran_order", out var order)
            || !values.TryGetValue("shape", out var shape) || order is not ("True" or "False") || !shape.StartsWith('('))
            throw Damaged(header, path);
        var sides = Shapes(shape) ?? throw Damaged(header, path);

        // With one axis longer than 1 both orders are the same bytes.
        if (order == "True" && sides.Count(s => s > 1) > 1)
            throw new NpyException(path, "is stored in Fortran order. Save it with numpy.ascontiguousarray(array).");
        return new NpyHeader(ElementOf(type.Trim('\'', '"'), path), sides);
    }

    private static NpyElement ElementOf(string type, string path) => type switch
    {
        "<f4" => NpyElement.Float32,
        "<f8" => NpyElement.Float64,
        "<f2" => NpyElement.Float16,
        "<i4" => NpyElement.Int32,
        "<i8" => NpyElement.Int64,
        "|u1" or "<u1" => NpyElement.UInt8,
        "|b1" => NpyElement.Bool,
        _ => throw new NpyException(
            path,
            $"holds elements of type '{type}'; little-endian float16, float32, float64, int32, int64, uint8 and bool are read. Convert it with array.astype('<f4')."),
    };

    private static long[]? Shapes(string tuple)
    {
        var parts = tuple.Trim('(', ')').Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        var sides = new long[parts.Length];
        for (var i = 0; i < parts.Length; i++)
        {
            if (!long.TryParse(parts[i], NumberStyles.None, CultureInfo.InvariantCulture, out sides[i])) return null;
        }

        return sides;
    }

    private static NpyException Damaged(string header, string path) =>
        new(path, $"has a header that cannot be understood: {(header.Length > 200 ? header[..200] + "…" : header).Trim()}");

    [GeneratedRegex(
        """^\s*\{\s*(['"](?<key>\w+)['"]\s*:\s*(?<value>'[^']*'|"[^"]*"|True|False|\([\d\s,]*\)|\[[^\]]*\])\s*(,\s*|(?=\})))*\}\s*$""",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Dictionary();
}
