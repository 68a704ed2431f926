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

    private readonly Option<string[]> _shape = new("--shape")
    {
        HelpName = "NAME=DIMENSIONS",
        Description = "With --calibration synthetic: the shape of an input with other open dimensions, N for the batch, such as ids=Nx128; once for each.",
        Arity = ArgumentArity.OneOrMore,
    };

    /// <summary>Whether the command cannot do without.</summary>
    public bool IsRequired
    {
        get => Calibration.Required;
        init => Calibration.Required = value;
    }

    /// <summary>Where they are.</summary>
    public Option<string[]> Calibration { get; } = new("--calibration")
    {
        HelpName = "DIR|[NAME=]FILE|synthetic",
        Description = "Sample inputs, 128 or more, without labels: a folder of pictures (.png, .jpg, .webp), or an .npy file with "
            + "the samples along the first axis; for a model of several inputs, NAME=FILE.npy once for each, or .npz files (or a folder of them) with an array for each input, one file for "
            + "each length of texts. NAME=FILE.raw: elements without a header. synthetic: random inputs, to see whether a model goes through; what comes out is of little use.",
        Required = true,
        Arity = ArgumentArity.OneOrMore,
    };

    /// <summary>How many are used.</summary>
    public Option<int?> Samples { get; } =
        RunOptions.Positive("--samples", "N", $"Calibration samples to use, the first ones in the order of their names. Default: all, at most {DefaultSamples}; {SyntheticInputs.DefaultSamples} synthetic ones.");

    /// <summary>Adds the options that say how pictures become inputs, and of which shape synthetic ones are.</summary>
    public void AddPreprocessingTo(Command command)
    {
        _preprocessing.AddTo(command);
        command.Add(_shape);
    }

    /// <summary>The files that are given, besides pictures.</summary>
    public IEnumerable<string> Files(ParseResult parsed) => Source(parsed) is CalibrationSource.Arrays arrays ? ArrayFiles.Paths(arrays.Given) : [];

    /// <summary>The folder of pictures; null where arrays are given.</summary>
    public string? Folder(ParseResult parsed) => (Source(parsed) as CalibrationSource.Pictures)?.Folder;

    /// <summary>The inputs for a model.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="model">The model.</param>
    /// <param name="analysis">The analysis that they were used for before; its preprocessing and number of samples hold where nothing else is given.</param>
    /// <returns>Entries for the metadata of compressed files, and what reads the inputs.</returns>
    public (IReadOnlyDictionary<string, string> Metadata, Func<Terminal, int, StepProgress, CalibrationSet> Read) For(ParseResult parsed, Model model, AnalysisFile? analysis = null)
    {
        var source = Source(parsed);
        var samples = parsed.GetValue(Samples) ?? (int?)analysis?.Samples;
        if (source is CalibrationSource.Synthetic) return Synthetic(parsed, model, samples ?? SyntheticInputs.DefaultSamples);
        if (parsed.GetValue(_shape) is { Length: > 0 }) throw new UsageException("--shape goes with --calibration synthetic; other inputs have a shape. Leave it out.");
        var preprocessing = source is CalibrationSource.Pictures || _preprocessing.AreGiven(parsed) ? Preprocessing(parsed, model, analysis) : null;
        return (
            preprocessing is null ? new Dictionary<string, string>() : PreprocessingMetadata.Of(preprocessing),
            (terminal, threads, progress) => source switch
            {
                CalibrationSource.Pictures pictures => Pictures(terminal, model, pictures.Folder, preprocessing!, samples ?? DefaultSamples, threads, progress),
                CalibrationSource.Arrays arrays => ArrayFiles.Read(model, arrays.Given, samples ?? DefaultSamples),
                _ => throw new InvalidOperationException($"{source} is no source of inputs."),
            });
    }

    /// <summary>The first pictures of a folder.</summary>
    public static CalibrationSet Pictures(Terminal terminal, Model model, string folder, Preprocessing preprocessing, int samples, int threads, StepProgress progress)
    {
        var images = ImageFolder.Read(folder);
        var first = images with { Files = [.. images.Files.Take(samples)] };
        var counter = progress.Counter("Reading pictures", first.Files.Count);
        return CalibrationPictures.Read(new PictureSource(first, preprocessing), PictureInput.Of(model), threads, counter, terminal.Cancellation);
    }

    private CalibrationSource Source(ParseResult parsed) => CalibrationSource.Of(parsed.GetRequiredValue(Calibration));

    private (IReadOnlyDictionary<string, string> Metadata, Func<Terminal, int, StepProgress, CalibrationSet> Read) Synthetic(ParseResult parsed, Model model, int samples)
    {
        if (_preprocessing.AreGiven(parsed)) throw new UsageException("Synthetic inputs are no pictures: nothing says how they become inputs. Leave out --resize, --crop, --preprocessing and their like.");
        var shapes = (parsed.GetValue(_shape) ?? []).Select(GivenShape.Parse).ToList();
        BenchInputs.EnsureKnown(_shape.Name, shapes.ConvertAll(s => s.Name), model.Graph.Inputs);
        var inputs = SyntheticInputs.Create(model, shapes, samples);
        return (
            new Dictionary<string, string> { [SyntheticInputs.MetadataKey] = $"{CalibrationSource.SyntheticWord}: {inputs.Count} random inputs" },
            (terminal, _, _) =>
            {
                terminal.Note("The calibration inputs are random. That shows whether the model goes through, and how large it becomes; compress it with real inputs to use it.");
                return inputs;
            }
        );
    }

    private Preprocessing Preprocessing(ParseResult parsed, Model model, AnalysisFile? analysis)
    {
        var input = PictureInput.Of(model);
        var remembered = analysis is null ? null : PreprocessingMetadata.Find(analysis.Metadata);
        // Detectors get whole pictures, as `mlorq evaluate --coco` gives them, which the file remembers. Where their input leaves the size open, whole pictures would not fit into batches.
        var ofDetector = input is { Width: > 0, Height: > 0 } ? Detector.TryOf(model)?.DefaultPreprocessing : null;
        var (preprocessing, _) = _preprocessing.For(parsed, input, remembered ?? PreprocessingMetadata.Find(model), ofDetector);
        input.EnsureFits(preprocessing);
        return preprocessing;
    }
}
