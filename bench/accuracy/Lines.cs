using System.Globalization;
using System.Text;

namespace Mlorq.Benchmarks.Accuracy;

/// <summary>Text with numbers as they are everywhere, whatever the language of the machine.</summary>
internal static class Lines
{
    /// <summary>Adds a line.</summary>
    public static void Line(StringBuilder text, FormattableString line) => text.Append(Text(line)).Append('\n');

    /// <summary>The text.</summary>
    public static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
