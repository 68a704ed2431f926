using System.Text;

namespace Mlorq.Vision;

/// <summary>The fields of one CSV line (RFC 4180, without line breaks inside quotes).</summary>
internal static class CsvFields
{
    /// <summary>Splits a line; null if a quote is not closed or stands inside an unquoted field.</summary>
    public static List<string>? Split(string line)
    {
        var fields = new List<string>();
        for (var at = 0; at <= line.Length;)
        {
            if (at < line.Length && line[at] == '"')
            {
                if (Quoted(line, ref at) is not { } field) return null;
                fields.Add(field);
            }
            else
            {
                var end = line.IndexOf(',', at);
                if (end < 0) end = line.Length;
                if (line.IndexOf('"', at, end - at) >= 0) return null;
                fields.Add(line[at..end]);
                at = end + 1;
            }
        }

        return fields;
    }

    // Leaves 'at' after the comma that follows.
    private static string? Quoted(string line, ref int at)
    {
        var field = new StringBuilder();
        for (at++; at < line.Length; at++)
        {
            if (line[at] != '"')
            {
                field.Append(line[at]);
            }
            else if (at + 1 < line.Length && line[at + 1] == '"')
            {
                field.Append('"');
                at++;
            }
            else
            {
                at += 2;
                return at > line.Length || line[at - 1] == ',' ? field.ToString() : null;
            }
        }

        return null;
    }
}
