using System.CommandLine;
using Mlorq.Vision;

namespace Mlorq.Cli.Inputs;

/// <summary>The page about a compression, and the pictures on which it compares both models.</summary>
/// <param name="pictures">The pictures.</param>
internal sealed class ReportOptions(PictureOptions pictures)
{
    private readonly Option<string?> _report = RunOptions.Text(
        "--report", "FILE.html", "Write a page about the result as well: sizes, every layer, errors, where both models disagree. One file that needs no network.");

    /// <summary>The page.</summary>
    public Option Option => _report;

    /// <summary>The page's path; null where none is asked for.</summary>
    public string? Path(ParseResult parsed) => parsed.GetValue(_report);

    /// <summary>Refuses a page in the place of something else, before the long work.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="read">Files that are read.</param>
    /// <param name="written">Files that are written besides.</param>
    /// <param name="calibration">The folder of calibration pictures; null where they are arrays.</param>
    /// <exception cref="UsageException">It would replace what is written.</exception>
    /// <exception cref="Onnx.OutputException">It would replace an input, or cannot be written.</exception>
    public void EnsureUsable(ParseResult parsed, IEnumerable<string> read, IEnumerable<string> written, string? calibration)
    {
        if (Path(parsed) is not { } report) return;
        var target = OutputPath.Real(report);
        if (written.FirstOrDefault(w => OutputPath.Real(w) == target) is { } other) throw new UsageException($"--report is '{report}', and '{other}' is written there. Name another file, such as report.html.");
        OutputPath.EnsureUsable(report, read);
        if (!File.Exists(report)) return;
        // Only an old file can be one of many pictures.
        foreach (var folder in new[] { calibration, pictures.Folder(parsed) }.Where(Directory.Exists)) OutputPath.EnsureUsable(report, PicturesOf(folder!));
    }

    private static IEnumerable<string> PicturesOf(string folder)
    {
        var found = ImageFolder.Read(folder);
        return found.Files.Select(found.PathOf);
    }
}
