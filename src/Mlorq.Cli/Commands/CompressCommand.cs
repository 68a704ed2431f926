using System.CommandLine;
using Mlorq.Cli.Display;
using Mlorq.Cli.Inputs;
using Mlorq.Cli.Report;
using Mlorq.Layers;
using Mlorq.Onnx;
using Mlorq.Onnx.Graphs;
using Mlorq.Vision;

namespace Mlorq.Cli.Commands;

/// <summary><c>mlorq compress</c>: a model and sample inputs in, a file within the budget out.</summary>
internal sealed class CompressCommand : Command, ICommandWithExamples, ICommandWithConfig
{
    // With fewer, layers that see one row for each sample (classifier heads) are fitted to these very samples.
    private const int FewSamples = 128;

    private readonly Argument<string> _model = RunOptions.Model("The ONNX file of a trained transformer, opset 11 or newer.");
    private readonly CalibrationInputs _inputs = new();
    private readonly BudgetOptions _budget = new();
    private readonly PictureOptions _pictures = new();
    private readonly TargetOptions _target;
    private readonly SavedInputs _saved = new();
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
    private readonly LayerRuleOptions _rules = new();
    private readonly RuntimeOption _runtime = new();
    private readonly LatencyOptions _latency = new();
    private readonly ActivationsOption _activations = new();
    private readonly RoundingOptions _rounding = new();
    private readonly SequentialOption _sequential = new();
    private readonly LearningOptions _learning = new();
    private readonly AnalysisOptions _analysis = new();
    private readonly ReportOptions _report;

    private CompressCommand(Terminal terminal)
        : base("compress", "Compresses a model to a file of a given size.")
    {
        (_target, _report) = (new TargetOptions(_pictures), new ReportOptions(_pictures));
        Add(_model);
        foreach (var option in (Option[])[_inputs.Calibration, .. _budget.Options, .. _target.Targets, .. _pictures.Options, _output, .. _saved.Options, _runtime.Option, .. _latency.All, .. _activations.Options, Config, _resume, _report.Option]) Add(option);
        foreach (var option in _rules.Options) Add(option);
        _learning.AddTo(this);
        _rounding.AddTo(this);
        foreach (var option in new Option[] { _sequential.Option, _threads, _inputs.Samples }) Add(option);
        _analysis.AddTo(this);
        _inputs.AddPreprocessingTo(this);
        SetAction(parsed => Run(parsed, terminal));
    }

    public IReadOnlyList<(string What, string Line)> Examples =>
    [
        ("An ImageNet classifier to 2.6 MB, with the usual preprocessing of its input size",
            "mlorq compress deit_tiny.onnx --calibration pictures --budget 2.6MB --output small.onnx"),
        ("Eight times smaller, with the model's own preprocessing",
            "mlorq compress vit.onnx --calibration pictures --budget 8x --resize 256 --crop 224 --mean 0.5 --std 0.5 -o small.onnx"),
        ("The smallest file that loses at most one point of top-1 accuracy, measured on other pictures than it is made with",
            "mlorq compress deit_tiny.onnx --calibration pictures --target-drop 1.0 --labels validation.csv --images validation -o small.onnx"),
        ("The same size on disk, with integer products: faster than the original, a byte in memory for each weight",
            "mlorq compress deit_tiny.onnx --calibration pictures --budget 2.6MB --runtime speed -o fast.onnx"),
        ("The same with scales found in the calibration pictures, and with attention's products in integers as well",
            "mlorq compress deit_tiny.onnx --calibration pictures --budget 2.6MB --activations int8-static -o fast.onnx"),
        ("As good as it can be in at most 30 ms, by the times that `mlorq bench kernels` measured",
            "mlorq compress deit_tiny.onnx --calibration pictures --budget 2.6MB --max-latency 30ms --kernels kernels.json -o small.onnx"),
        ("The head at 8 bits, the first convolution as it is, 3 or 4 bits for the rest of each block",
            "mlorq compress vit.onnx --calibration pictures --budget 4MB --bits 'blocks*=3,4' --pin head=8 --exclude '*/patch_embed/*' -o small.onnx"),
        ("The same from a file of options", "mlorq compress --config mlorq.json"),
        ("Another size from an analysis that is there already", "mlorq compress vit.onnx --analysis vit.analysis --calibration pictures --budget 6x -o smaller.onnx"),
        ("As a plan says", "mlorq compress vit.onnx --plan plan.json --calibration pictures -o planned.onnx"),
        ("With a page about the result, and pictures with labels to compare both models on",
            "mlorq compress vit.onnx --calibration pictures --budget 4MB -o small.onnx --report report.html --images validation --labels validation.csv"),
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
    public IReadOnlyList<Option> AddingUp => _rules.Options;

    /// <inheritdoc/>
    public IReadOnlyList<IReadOnlyList<Option>> Alternatives => [[.. _budget.Options, .. _target.Targets, _saved.Plan]];

    public static Command Create(Terminal terminal) => new CompressCommand(terminal);

    private int Run(ParseResult parsed, Terminal terminal)
    {
        var threads = parsed.GetValue(_threads) ?? Environment.ProcessorCount;
        var (analysis, plan) = _saved.Open(parsed);
        var target = _target.For(parsed);
        var options = OptionsFor(parsed, analysis, plan, target);
        var (path, output) = (parsed.GetRequiredValue(_model), parsed.GetRequiredValue(_output));
        var checkpoint = new Checkpoint(output + ".state", parsed.GetValue(_resume) ? CheckpointStart.Resume : CheckpointStart.Anew);
        var memory = _analysis.Memory(parsed);
        string[] read = [path, .. _inputs.Files(parsed), .. _saved.Paths(parsed), .. _latency.Paths(parsed), .. new[] { _pictures.Labels(parsed), parsed.GetValue(Config) }.OfType<string>()];
        foreach (var written in (string[])[output, checkpoint.Path]) OutputPath.EnsureUsable(written, read);
        var (folder, report) = (_inputs.Folder(parsed), _report.Path(parsed));
        if (target is null && report is null) _target.EnsureNoPictures(parsed);
        _report.EnsureUsable(parsed, read, [output, checkpoint.Path], folder);
        var model = OnnxReader.Read(path);
        foreach (var written in new[] { output, checkpoint.Path, report }.OfType<string>()) OutputPath.EnsureUsable(written, model.Files);
        EnsureIsOriginal(path, model);
        var (metadata, readInputs) = _inputs.For(parsed, model, analysis);
        options = options with { Metadata = metadata };
        var settings = AnalysisOptions.Within(new RunSettings { Threads = threads, Checkpoint = checkpoint }, memory, model, terminal);
        var (trials, pictures, prices) = (new List<TargetTrial>(), _pictures.For(parsed, model, metadata, folder), (KnownPrices?)null);
        var compress = target is null
            ? SavedInputs.Compression(model, analysis, plan, options)
            : TargetCompression.Of(model, analysis, target, pictures, options, trials);
        if (report is not null && analysis is null && options.Latency is null) settings = settings with { Analysed = found => prices = Prices(found) };
        var (result, time, calibration) = Compression.Run(terminal, progress => readInputs(terminal, threads, progress), options, output, settings, compress, trials);
        if (report is not null)
        {
            if (analysis is not null) prices = Prices(analysis.ForPlans());
            var finished = new FinishedCompression(result, options, model, path, output, calibration, folder is null ? null : ImageFolder.Read(folder), time, Reproduction.Of(parsed)) { Prices = prices, Pictures = pictures };
            ReportPage.Write(terminal, finished, report, settings);
        }

        if (terminal.Verbosity != Verbosity.Quiet)
        {
            CompressionTable.Write(terminal.Output, result, output, time, terminal.Verbosity == Verbosity.Verbose, report);
            if (trials.Count > 0) TrialTable.Write(terminal.Output, trials);
        }

        var count = calibration.Count;
        if (count < FewSamples)
            terminal.Note($"{count} calibration samples are few. The model fits them better than others; give {FewSamples} or more.");
        return ExitCode.Success;

        KnownPrices Prices(Analysis found) => KnownPrices.Of(found, options, new RunSettings { Threads = threads, Cancellation = terminal.Cancellation });
    }

    /// <summary>Refuses a model that cannot be made smaller, because it was.</summary>
    internal static void EnsureIsOriginal(string path, Model model)
    {
        if (ModelInspection.IsWrittenByMlorq(model))
            throw new InvalidModelException($"'{path}' was compressed by Mlorq before. Compress the original model again, with the new budget.");
    }

    // A target tries budgets of its own.
    private Budget BudgetFor(ParseResult parsed, PlanFile? plan, Target? target) =>
        plan is not null ? new Budget.Bytes(plan.BudgetInBytes) : target is not null ? new Budget.Bytes(long.MaxValue) : _budget.For(parsed);

    private CompressionOptions OptionsFor(ParseResult parsed, AnalysisFile? analysis, PlanFile? plan, Target? target)
    {
        if (target is not null && (plan is not null || _budget.IsGiven(parsed))) throw new UsageException("A target is in place of a budget. Give one of --budget, --average-bits, --plan and a target.");
        if (plan is not null && _budget.IsGiven(parsed)) throw new UsageException("The plan has its budget in it. Leave out --budget and --average-bits, or change budgetInBytes in the plan.");
        var options = _learning.AtEffort(parsed, new CompressionOptions { Budget = BudgetFor(parsed, plan, target) });
        if (analysis is not null) options = analysis.OptionsFor(options);
        if (plan is not null) options = plan.OptionsFor(options);
        options = _activations.For(parsed, _runtime.For(parsed, options), _runtime);
        if (plan is not null && options.Runtime != plan.Runtime) throw new UsageException("The plan is for another runtime profile. Leave out --runtime, or change runtime in the plan.");
        options = _latency.For(parsed, _rules.For(parsed, _learning.For(parsed, _sequential.For(parsed, _analysis.For(parsed, _rounding.For(parsed, options))))));
        if (options.Latency is null || (analysis is null && plan is null)) return options;
        throw new UsageException("--max-latency decides which candidates an analysis keeps, and files of analyses and plans do not know it. Leave out --max-latency, or --analysis and --plan.");
    }
}
