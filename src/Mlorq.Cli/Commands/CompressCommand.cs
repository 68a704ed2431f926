using System.CommandLine;
using System.Globalization;
using Mlorq.Cli.Display;
using Mlorq.Cli.Inputs;
using Mlorq.Layers;
using Mlorq.Onnx;
using Mlorq.Onnx.Graphs;
using Mlorq.Vision;

namespace Mlorq.Cli.Commands;

/// <summary><c>mlorq compress</c>: a model and sample inputs in, a file within the budget out.</summary>
internal sealed class CompressCommand : Command, ICommandWithExamples, ICommandWithConfig
{
    private const int DefaultSamples = 256;

    // With fewer, layers that see one row for each sample (classifier heads) are fitted to these very samples.
    private const int FewSamples = 128;

    private readonly Argument<string> _model = RunOptions.Model("The ONNX file of a trained transformer, opset 13 or newer.");
    private readonly Option<string[]> _calibration = new("--calibration")
    {
        HelpName = "DIR|[NAME=]FILE.npy",
        Description = "Sample inputs, 128 or more, without labels: a folder of pictures (.png, .jpg, .webp), or an .npy file with "
            + "the samples along the first axis; for a model of several inputs, NAME=FILE.npy once for each.",
        Required = true,
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<string?> _budget = new("--budget")
    {
        HelpName = "SIZE|RATIO",
        Description = "The largest size of the output file, everything counted: 2.5MB, 800KB (powers of 1000), 2.4MiB, 800KiB "
            + "(powers of 1024), 123456 (bytes), 8x (smaller than the input), 3.5bits (per parameter).",
    };

    private readonly Option<string?> _averageBits = new("--average-bits")
    {
        HelpName = "BITS",
        Description = "The same as bits of the file per parameter of the model, such as 3.5. Give this or --budget.",
    };

    private readonly Option<string> _output = new("--output", "-o")
    {
        HelpName = "OUT.onnx",
        Description = "The file to write. An old one is replaced when the new one is complete and checked.",
        Required = true,
    };

    private readonly Option<bool> _resume = new("--resume")
    {
        Description = "Go on where a run with the same model, calibration data and options was interrupted, by Ctrl-C or by accident. While it runs, what is "
            + "finished is kept in OUT.onnx.state; the file is deleted when OUT.onnx is complete.",
    };

    private readonly Option<int?> _threads = RunOptions.Threads();
    private readonly Option<int?> _samples = RunOptions.Positive("--samples", "N", $"Calibration samples to use, the first ones in the order of their names. Default: all, at most {DefaultSamples}.");
    private readonly LayerRuleOptions _rules = new();
    private readonly RuntimeOption _runtime = new();
    private readonly LatencyOptions _latency = new();
    private readonly ActivationsOption _activations = new();
    private readonly RoundingOptions _rounding = new();
    private readonly SequentialOption _sequential = new();
    private readonly LearningOptions _learning = new();
    private readonly AnalysisOptions _analysis = new();
    private readonly PreprocessingOptions _preprocessing = new();

    private CompressCommand(Terminal terminal, Option<bool> verbose)
        : base("compress", "Compresses a model to a file of a given size.")
    {
        Add(_model);
        foreach (var option in (Option[])[_calibration, _budget, _averageBits, _output, _runtime.Option, .. _latency.All, .. _activations.Options, Config, _resume]) Add(option);
        foreach (var option in _rules.Options) Add(option);
        _learning.AddTo(this);
        _rounding.AddTo(this);
        foreach (var option in new Option[] { _sequential.Option, _threads, _samples }) Add(option);
        _analysis.AddTo(this);
        _preprocessing.AddTo(this);
        SetAction(parsed => Run(parsed, terminal, parsed.GetValue(verbose)));
    }

    public IReadOnlyList<(string What, string Line)> Examples =>
    [
        ("An ImageNet classifier to 2.6 MB, with the usual preprocessing of its input size",
            "mlorq compress deit_tiny.onnx --calibration pictures --budget 2.6MB --output small.onnx"),
        ("Eight times smaller, with the model's own preprocessing",
            "mlorq compress vit.onnx --calibration pictures --budget 8x --resize 256 --crop 224 --mean 0.5 --std 0.5 -o small.onnx"),
        ("The same size on disk, with integer products: faster than the original, a byte in memory for each weight",
            "mlorq compress deit_tiny.onnx --calibration pictures --budget 2.6MB --runtime speed -o fast.onnx"),
        ("The same with scales found in the calibration pictures, and with attention's products in integers as well",
            "mlorq compress deit_tiny.onnx --calibration pictures --budget 2.6MB --activations int8-static -o fast.onnx"),
        ("As good as it can be in at most 30 ms, by the times that `mlorq bench kernels` measured",
            "mlorq compress deit_tiny.onnx --calibration pictures --budget 2.6MB --max-latency 30ms --kernels kernels.json -o small.onnx"),
        ("The head at 8 bits, the first convolution as it is, 3 or 4 bits for the rest of each block",
            "mlorq compress vit.onnx --calibration pictures --budget 4MB --bits 'blocks*=3,4' --pin head=8 --exclude '*/patch_embed/*' -o small.onnx"),
        ("The same from a file of options", "mlorq compress --config mlorq.json"),
        ("A model with an operator that has no gradient",
            "mlorq compress custom.onnx --calibration x.npy --budget 4MB --sensitivity measured -o small.onnx"),
        ("A model of two inputs, 4 bits per parameter",
            "mlorq compress text.onnx --calibration ids=ids.npy --calibration mask=mask.npy --average-bits 4 -o small.onnx"),
    ];

    /// <inheritdoc/>
    public Option<string?> Config { get; } = new("--config")
    {
        HelpName = "FILE.json",
        Description = "Options from a JSON file, such as mlorq.json: these names without dashes, and model. Options on the command line take their place; layer rules add up.",
    };

    /// <inheritdoc/>
    public Argument ModelArgument => _model;

    /// <inheritdoc/>
    public string ModelKey => "model";

    /// <inheritdoc/>
    public IReadOnlyList<Option> AddingUp => _rules.Options;

    /// <inheritdoc/>
    public IReadOnlyList<IReadOnlyList<Option>> Alternatives => [[_budget, _averageBits]];

    public static Command Create(Terminal terminal, Option<bool> verbose) => new CompressCommand(terminal, verbose);

    private int Run(ParseResult parsed, Terminal terminal, bool verbose)
    {
        var threads = parsed.GetValue(_threads) ?? Environment.ProcessorCount;
        var options = _activations.For(parsed, _runtime.For(parsed, _learning.AtEffort(parsed, new CompressionOptions { Budget = BudgetOf(parsed) })), _runtime);
        options = _rules.For(parsed, _learning.For(parsed, _sequential.For(parsed, _analysis.For(parsed, _rounding.For(parsed, options)))));
        options = _latency.For(parsed, options);
        var (path, output) = (parsed.GetRequiredValue(_model), parsed.GetRequiredValue(_output));
        var checkpoint = new Checkpoint(output + ".state", parsed.GetValue(_resume) ? CheckpointStart.Resume : CheckpointStart.Anew);
        var settings = _analysis.For(parsed, new RunSettings { Threads = threads, Checkpoint = checkpoint });
        var given = parsed.GetRequiredValue(_calibration);
        var isFolder = CalibrationFiles.IsFolder(given);
        string[] read = [path, .. isFolder ? [] : CalibrationFiles.Paths(given), .. _latency.Path(parsed) is { } kernels ? (string[])[kernels] : []];
        foreach (var written in (string[])[output, checkpoint.Path]) OutputPath.EnsureUsable(written, read);
        var model = OnnxReader.Read(path);
        foreach (var written in (string[])[output, checkpoint.Path]) OutputPath.EnsureUsable(written, model.Files);
        if (ModelInspection.IsWrittenByMlorq(model))
            throw new InvalidModelException($"'{path}' was compressed by Mlorq before. Compress the original model again, with the new budget.");
        var samples = parsed.GetValue(_samples) ?? DefaultSamples;
        var preprocessing = isFolder || _preprocessing.AreGiven(parsed) ? Preprocessing(parsed, model) : null;
        if (preprocessing is not null) options = options with { Metadata = PreprocessingMetadata.Of(preprocessing) };
        var (result, time, count) = Compression.Run(
            terminal,
            model,
            progress => isFolder
                ? Pictures(terminal, model, given[0], preprocessing!, samples, threads, progress)
                : CalibrationFiles.Read(model, given, samples),
            options,
            output,
            settings);
        if (terminal.Verbosity != Verbosity.Quiet) CompressionTable.Write(terminal.Output, result, output, time, verbose);
        if (count < FewSamples)
            terminal.Note($"{count} calibration samples are few. The model fits them better than others; give {FewSamples} or more.");
        return ExitCode.Success;
    }

    internal static CalibrationSet Pictures(Terminal terminal, Model model, string folder, Preprocessing preprocessing, int samples, int threads, StepProgress progress)
    {
        var images = ImageFolder.Read(folder);
        var first = images with { Files = [.. images.Files.Take(samples)] };
        var counter = progress.Counter("Reading pictures", first.Files.Count);
        return CalibrationPictures.Read(new PictureSource(first, preprocessing), PictureInput.Of(model), threads, counter, terminal.Cancellation);
    }

    private Preprocessing Preprocessing(ParseResult parsed, Model model)
    {
        var input = PictureInput.Of(model);
        var (preprocessing, _) = _preprocessing.For(parsed, input, PreprocessingMetadata.Find(model));
        input.EnsureFits(preprocessing);
        return preprocessing;
    }

    private Budget BudgetOf(ParseResult parsed) => (parsed.GetValue(_budget), parsed.GetValue(_averageBits)) switch
    {
        ({ } budget, null) => Budget.Parse(budget),
        (null, { } bits) when double.TryParse(bits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out _) => Budget.Parse(bits + "bits"),
        (null, { } bits) => throw new UsageException($"--average-bits is '{bits}'; it must be a number above zero with a point before the decimals, such as 3.5."),
        (null, null) => throw new UsageException("Say how large the output may be: --budget 2.5MB, --budget 8x, or --average-bits 3.5."),
        _ => throw new UsageException("Give --budget or --average-bits, not both."),
    };
}
