using System.Net;
using System.Reflection;
using System.Text;
using Mlorq.Cli.Display;
using Mlorq.Onnx;

namespace Mlorq.Cli.Report;

/// <summary>A page about a compression: one file with everything in it. Page.html, Page.css and Page.js beside this file are its parts; what they show comes as JSON.</summary>
internal static class ReportPage
{
    private const double NarrowWidth = 360;
    private const double NarrowHeight = 340;

    /// <summary>Writes the page while the progress is shown.</summary>
    /// <exception cref="OutputException">The file cannot be written.</exception>
    public static void Write(Terminal terminal, FinishedCompression finished, string path, RunSettings run)
    {
        using var temporary = terminal.Leftovers.Path(OnnxWriter.TemporaryPath(path));
        run = run with { Cancellation = terminal.Cancellation, Checkpoint = null, Progress = null };
        TextFile.Write(path, StepProgress.Show(terminal, progress => Of(finished, ReportData.Of(finished, progress, run))));
    }

    /// <summary>The text of the page.</summary>
    /// <param name="finished">The compression.</param>
    /// <param name="data">Its numbers, see <see cref="ReportData"/>.</param>
    public static string Of(FinishedCompression finished, string data) => Part("Page.html", new Dictionary<string, string>
    {
        ["title"] = WebUtility.HtmlEncode(Path.GetFileName(finished.OutputPath)),
        ["style"] = Part("Page.css"),
        ["curve"] = finished.Prices is { } prices ? Curve(finished.Result, prices.Curve) : "",
        ["data"] = data,
        ["script"] = Part("Page.js"),
    });

    // One for wide pages and one for phones, on which the other's numbers would be too small to read.
    private static string Curve(CompressionResult result, SizeCurve curve)
    {
        var plan = result.Plan;
        CurveMark[] marks =
        [
            new("as planned", "planned", plan.SizeInBytes, Format.InDecibels(plan.NoiseToSignal)),
            new("this file", "chosen", plan.SizeInBytes, result.Change.SignalToNoiseInDecibels),
        ];
        return $"""<div class="wide">{CurveSvg.Of(curve, marks)}</div><div class="narrow">{CurveSvg.Of(curve, marks, NarrowWidth, NarrowHeight)}</div>""";
    }

    // Values are put in once, so that what looks like a place in them stays as it is.
    private static string Part(string name, Dictionary<string, string> values)
    {
        var page = new StringBuilder();
        var pieces = Part(name).Split("{{");
        page.Append(pieces[0]);
        foreach (var piece in pieces.Skip(1))
        {
            var end = piece.IndexOf("}}", StringComparison.Ordinal);
            page.Append(values[piece[..end]]).Append(piece, end + 2, piece.Length - end - 2);
        }

        return page.ToString();
    }

    private static string Part(string name)
    {
        using var reader = new StreamReader(Assembly.GetExecutingAssembly().GetManifestResourceStream($"Mlorq.Cli.Report.{name}")!);
        return reader.ReadToEnd();
    }
}
