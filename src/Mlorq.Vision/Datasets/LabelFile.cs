using System.Globalization;

namespace Mlorq.Vision;

/// <summary>One line of a label file.</summary>
/// <param name="File">The picture, relative to its folder, with '/'.</param>
/// <param name="Label">Class, 0-based.</param>
/// <param name="ClassName">Name of the class; empty if not given.</param>
/// <param name="Line">Line in the file, from 1.</param>
public sealed record LabelLine(string File, int Label, string ClassName, int Line);

/// <summary>Labels of pictures, read from a CSV file with the header <c>file,label</c> or <c>file,label,class_name</c>.</summary>
/// <param name="Path">The CSV file as given.</param>
/// <param name="Lines">At least one, in the file's order.</param>
public sealed record LabelFile(string Path, IReadOnlyList<LabelLine> Lines)
{
    private const int ErrorsShown = 5;

    /// <summary>Reads a label file. Fields may be quoted ("a ""b"", c"); empty lines are skipped.</summary>
    /// <exception cref="LabelFileException">The file cannot be read, or every wrong line (the first five in full).</exception>
    public static LabelFile Read(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var rows = ReadText(path).ReplaceLineEndings("\n").Split('\n');
        CheckHeader(path, rows[0].TrimStart('\uFEFF'));
        var (lines, errors) = (new List<LabelLine>(), new List<string>());
        var seen = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 1; i < rows.Length; i++)
        {
            if (string.IsNullOrWhiteSpace(rows[i])) continue;
            var line = Parse(rows[i], i + 1, errors);
            if (line is null) continue;
            if (seen.TryAdd(line.File, line.Line)) lines.Add(line);
            else errors.Add($"line {line.Line}: '{line.File}' was given on line {seen[line.File]} already.");
        }

        Refuse(path, errors);
        return lines.Count > 0 ? new LabelFile(path, lines) : throw new LabelFileException($"The label file '{path}' holds no labels.");
    }

    internal static void Refuse(string path, List<string> errors)
    {
        if (errors.Count == 0) return;
        var more = errors.Count > ErrorsShown ? $" … and {errors.Count - ErrorsShown} more." : string.Empty;
        throw new LabelFileException($"The label file '{path}' has {errors.Count} wrong line(s): {string.Join(" ", errors.Take(ErrorsShown))}{more}");
    }

    private static string ReadText(string path)
    {
        try
        {
            return System.IO.File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new LabelFileException($"The label file '{path}' cannot be read: {e.Message}", e);
        }
    }

    private static void CheckHeader(string path, string header)
    {
        var names = CsvFields.Split(header)?.Select(n => n.Trim()).ToList();
        if (names is not [var first, var second, ..] || names.Count > 3
            || !first.Equals("file", StringComparison.OrdinalIgnoreCase) || !second.Equals("label", StringComparison.OrdinalIgnoreCase))
            throw new LabelFileException($"The label file '{path}' must begin with the line 'file,label,class_name'; it begins with '{header}'.");
    }

    private static LabelLine? Parse(string row, int line, List<string> errors)
    {
        var fields = CsvFields.Split(row);
        if (fields is null) errors.Add($"line {line}: a quote is not closed or stands inside a field.");
        else if (fields.Count is not (2 or 3)) errors.Add($"line {line}: {fields.Count} fields; 2 or 3 are needed (a field with a comma must be quoted).");
        else if (fields[0].Trim().Length == 0) errors.Add($"line {line}: the file name is empty.");
        else if (!int.TryParse(fields[1], NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var label))
            errors.Add($"line {line}: the label '{fields[1]}' is not a whole number from 0.");
        else return new LabelLine(fields[0].Trim().Replace('\\', '/'), label, fields.Count == 3 ? fields[2].Trim() : string.Empty, line);
        return null;
    }
}
