using System.CommandLine;
using Mlorq.Cli.Report;
using Mlorq.Onnx.Graphs;
using Mlorq.Vision;

namespace Mlorq.Cli.Inputs;

/// <summary>The page about a compression, and the pictures on which it compares both models.</summary>
/// <param name="images">The folder of pictures.</param>
/// <param name="labels">Their right answers.</param>
internal sealed class ReportOptions(Option<string?> images, Option<string?> labels)
{
    private readonly Option<string?> _report = RunOptions.Text(
        "--report", "FILE.html", "Write a page about the result as well: sizes, every layer, errors, where both models disagree. One file that needs no network.");

    /// <summary>The page; the pictures are options of the command, which serve for more.</summary>
    public Option Option => _report;

    /// <summary>The page's path; null where none is asked for.</summary>
    public string? Path(ParseResult parsed) => parsed.GetValue(_report);

    /// <summary>The files that are given.</summary>
    public IEnumerable<string> Files(ParseResult parsed) => new[] { parsed.GetValue(labels) }.OfType<string>();

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
        OutputPath.EnsureUsable(report, read.Concat(Files(parsed)));
        if (!File.Exists(report)) return;
        // Only an old file can be one of many pictures.
        foreach (var folder in new[] { calibration, parsed.GetValue(images) }.Where(Directory.Exists)) OutputPath.EnsureUsable(report, PicturesOf(folder!));
    }

    /// <summary>The pictures that both models are compared on; null where the calibration inputs serve.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="model">The model.</param>
    /// <param name="metadata">Entries for the file's metadata, the preprocessing among them.</param>
    /// <param name="calibration">The folder of calibration pictures; null where they are arrays.</param>
    /// <exception cref="UsageException">Pictures are missing, or how they become inputs.</exception>
    public ReportPictures? Pictures(ParseResult parsed, Model model, IReadOnlyDictionary<string, string> metadata, string? calibration)
    {
        var (given, answers) = (parsed.GetValue(images), parsed.GetValue(labels));
        if (given is null && answers is null) return null;
        var folder = ImageFolder.Read(given ?? calibration ?? throw new UsageException("--labels needs pictures, and the calibration inputs are arrays. Give --images."));
        var preprocessing = PreprocessingMetadata.Find(metadata)
            ?? throw new UsageException("How the pictures of --images become inputs is not known, as the calibration inputs are arrays. Give --preprocessing, or --resize, --crop and their like.");
        var input = PictureInput.Of(model);
        if (answers is null) return new ReportPictures(folder, [], new Dictionary<int, string>(), preprocessing, input, given is null);
        var file = LabelFile.Read(answers);
        var pairs = LabelledImages.Pair(folder, file);
        var names = file.Lines.Where(l => l.ClassName.Length > 0).DistinctBy(l => l.Label).ToDictionary(l => l.Label, l => l.ClassName);
        return new ReportPictures(pairs.Folder, pairs.Labels, names, preprocessing, input, given is null);
    }

    private static IEnumerable<string> PicturesOf(string folder)
    {
        var pictures = ImageFolder.Read(folder);
        return pictures.Files.Select(pictures.PathOf);
    }
}
