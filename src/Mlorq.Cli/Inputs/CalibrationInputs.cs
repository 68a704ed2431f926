using System.CommandLine;
using Mlorq.Cli.Display;
using Mlorq.Onnx.Graphs;
using Mlorq.Vision;

namespace Mlorq.Cli.Inputs;

/// <summary>The calibration inputs of a command: pictures or arrays, how many, and how pictures become inputs.</summary>
internal sealed class CalibrationInputs
{
    private const int DefaultSamples = 256;

    private readonly PreprocessingOptions _preprocessing = new();

    /// <summary>Whether the command cannot do without.</summary>
    public bool IsRequired
    {
        get => Calibration.Required;
        init => Calibration.Required = value;
    }

    /// <summary>Where they are.</summary>
    public Option<string[]> Calibration { get; } = new("--calibration")
    {
        HelpName = "DIR|[NAME=]FILE.npy",
        Description = "Sample inputs, 128 or more, without labels: a folder of pictures (.png, .jpg, .webp), or an .npy file with "
            + "the samples along the first axis; for a model of several inputs, NAME=FILE.npy once for each.",
        Required = true,
        Arity = ArgumentArity.OneOrMore,
    };

    /// <summary>How many are used.</summary>
    public Option<int?> Samples { get; } =
        RunOptions.Positive("--samples", "N", $"Calibration samples to use, the first ones in the order of their names. Default: all, at most {DefaultSamples}.");

    /// <summary>Adds the options that say how pictures become inputs.</summary>
    public void AddPreprocessingTo(Command command) => _preprocessing.AddTo(command);

    /// <summary>The files that are given, besides pictures.</summary>
    public IEnumerable<string> Files(ParseResult parsed) => parsed.GetRequiredValue(Calibration) is var given && CalibrationFiles.IsFolder(given) ? [] : CalibrationFiles.Paths(given);

    /// <summary>The folder of pictures; null where arrays are given.</summary>
    public string? Folder(ParseResult parsed) => parsed.GetRequiredValue(Calibration) is var given && CalibrationFiles.IsFolder(given) ? given[0] : null;

    /// <summary>The inputs for a model.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="model">The model.</param>
    /// <param name="analysis">The analysis that they were used for before; its preprocessing and number of samples hold where nothing else is given.</param>
    /// <returns>Entries for the metadata of compressed files, and what reads the inputs.</returns>
    public (IReadOnlyDictionary<string, string> Metadata, Func<Terminal, int, StepProgress, CalibrationSet> Read) For(ParseResult parsed, Model model, AnalysisFile? analysis = null)
    {
        var given = parsed.GetRequiredValue(Calibration);
        var samples = parsed.GetValue(Samples) ?? (int?)analysis?.Samples ?? DefaultSamples;
        var isFolder = CalibrationFiles.IsFolder(given);
        var preprocessing = isFolder || _preprocessing.AreGiven(parsed) ? Preprocessing(parsed, model, analysis) : null;
        return (
            preprocessing is null ? new Dictionary<string, string>() : PreprocessingMetadata.Of(preprocessing),
            (terminal, threads, progress) => isFolder ? Pictures(terminal, model, given[0], preprocessing!, samples, threads, progress) : CalibrationFiles.Read(model, given, samples));
    }

    /// <summary>The first pictures of a folder.</summary>
    public static CalibrationSet Pictures(Terminal terminal, Model model, string folder, Preprocessing preprocessing, int samples, int threads, StepProgress progress)
    {
        var images = ImageFolder.Read(folder);
        var first = images with { Files = [.. images.Files.Take(samples)] };
        var counter = progress.Counter("Reading pictures", first.Files.Count);
        return CalibrationPictures.Read(new PictureSource(first, preprocessing), PictureInput.Of(model), threads, counter, terminal.Cancellation);
    }

    private Preprocessing Preprocessing(ParseResult parsed, Model model, AnalysisFile? analysis)
    {
        var input = PictureInput.Of(model);
        var remembered = analysis is null ? null : PreprocessingMetadata.Find(analysis.Metadata);
        var (preprocessing, _) = _preprocessing.For(parsed, input, remembered ?? PreprocessingMetadata.Find(model));
        input.EnsureFits(preprocessing);
        return preprocessing;
    }
}
