using System.CommandLine;
using Mlorq.Onnx.Graphs;
using Mlorq.Vision;

namespace Mlorq.Cli.Inputs;

/// <summary>Pictures on which a compression is measured, for a target or in the report.</summary>
internal sealed class PictureOptions
{
    private readonly Option<string?> _labels = new("--labels")
    {
        HelpName = "FILE.csv",
        Description = "The right answers to pictures, as for `mlorq evaluate`: on these pictures a target is measured, and the report compares both models.",
    };

    private readonly Option<string?> _images = new("--images")
    {
        HelpName = "DIR",
        Description = "The folder of these pictures; better others than those of --calibration, which the file fits best. Default: that of --calibration. The report takes pictures without labels as well.",
    };

    public IReadOnlyList<Option> Options => [_labels, _images];

    /// <summary>The folder that is given.</summary>
    public string? Folder(ParseResult parsed) => parsed.GetValue(_images);

    /// <summary>The file with the right answers, where one is given.</summary>
    public string? Labels(ParseResult parsed) => parsed.GetValue(_labels);

    /// <summary>The pictures; null where none are given.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="model">The model.</param>
    /// <param name="metadata">Entries for the file's metadata, the preprocessing among them.</param>
    /// <param name="calibration">The folder of calibration pictures; null where they are arrays.</param>
    /// <exception cref="UsageException">Pictures are missing, or how they become inputs.</exception>
    public ComparedPictures? For(ParseResult parsed, Model model, IReadOnlyDictionary<string, string> metadata, string? calibration)
    {
        var (given, answers) = (Folder(parsed), Labels(parsed));
        if (given is null && answers is null) return null;
        var folder = ImageFolder.Read(given ?? calibration ?? throw new UsageException("--labels needs pictures, and the calibration inputs are arrays. Give --images."));
        var preprocessing = PreprocessingMetadata.Find(metadata)
            ?? throw new UsageException("How the pictures of --images become inputs is not known, as the calibration inputs are arrays. Give --preprocessing, or --resize, --crop and their like.");
        var input = PictureInput.Of(model);
        if (answers is null) return new ComparedPictures(folder, [], new Dictionary<int, string>(), preprocessing, input, given is null);
        var file = LabelFile.Read(answers);
        var pairs = LabelledImages.Pair(folder, file);
        var names = file.Lines.Where(l => l.ClassName.Length > 0).DistinctBy(l => l.Label).ToDictionary(l => l.Label, l => l.ClassName);
        return new ComparedPictures(pairs.Folder, pairs.Labels, names, preprocessing, input, given is null);
    }
}
