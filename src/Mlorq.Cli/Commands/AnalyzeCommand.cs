using System.CommandLine;
using System.Diagnostics;
using Mlorq.Cli.Display;
using Mlorq.Cli.Inputs;
using Mlorq.Onnx;

namespace Mlorq.Cli.Commands;

/// <summary><c>mlorq analyze</c>: the long part of a compression, once for every budget.</summary>
internal sealed class AnalyzeCommand : Command, ICommandWithExamples
{
    // An analysis serves every budget; the options ask for one.
    private static readonly Budget AnyBudget = new Budget.Ratio(1);

    private readonly Argument<string> _model = RunOptions.Model("The ONNX file of a trained transformer, opset 11 or newer.");
    private readonly CalibrationInputs _inputs = new();
    private readonly Option<string> _output = new("--output", "-o")
    {
        HelpName = "FILE.analysis",
        Description = "The file to write. An old one is replaced when the new one is complete.",
        Required = true,
    };

    private readonly Option<bool> _resume = new("--resume")
    {
        Description = "Go on where a run with the same model, calibration data and options was interrupted, by Ctrl-C or by accident. While it runs, what is "
            + "finished is kept in FILE.analysis.state; the file is deleted when FILE.analysis is complete.",
    };

    private readonly LearningOptions _learning = new();
    private readonly RoundingOptions _rounding = new();
    private readonly RuntimeOption _runtime = new();
    private readonly ActivationsOption _activations = new();
    private readonly LayerRuleOptions _rules = new();
    private readonly AnalysisOptions _analysis = new();
    private readonly Option<int?> _threads = RunOptions.Threads();

    private AnalyzeCommand(Terminal terminal)
        : base("analyze", "Tries and prices all ways to store each layer, and keeps that in a file for plan, curve and compress.")
    {
        Add(_model);
        foreach (var option in (Option[])[_inputs.Calibration, _output, .. _activations.Options, _resume, .. _rules.Options, _learning.EffortOption, .. _rounding.OfCandidates, _threads, _inputs.Samples]) Add(option);
        _analysis.AddTo(this);
        _inputs.AddPreprocessingTo(this);
        SetAction(parsed => Run(parsed, terminal));
    }

    public IReadOnlyList<(string What, string Line)> Examples =>
    [
        ("Once, for every size", "mlorq analyze deit_tiny.onnx --calibration pictures --output deit_tiny.analysis"),
        ("Go on after an interruption", "mlorq analyze deit_tiny.onnx --calibration pictures --output deit_tiny.analysis --resume"),
        ("For a file with static integer products", "mlorq analyze deit_tiny.onnx --calibration pictures --activations int8-static -o static.analysis"),
        ("In less time: fewer candidates, fewer samples", "mlorq analyze deit_tiny.onnx --calibration pictures --effort fast -o deit_tiny.analysis"),
    ];

    public static Command Create(Terminal terminal) => new AnalyzeCommand(terminal);

    private int Run(ParseResult parsed, Terminal terminal)
    {
        var threads = parsed.GetValue(_threads) ?? Environment.ProcessorCount;
        var options = _rounding.For(parsed, _learning.AtEffort(parsed, new CompressionOptions { Budget = AnyBudget }));
        options = _rules.For(parsed, _analysis.For(parsed, _activations.For(parsed, options, _runtime)));
        var (path, output) = (parsed.GetRequiredValue(_model), parsed.GetRequiredValue(_output));
        var checkpoint = new Checkpoint(output + ".state", parsed.GetValue(_resume) ? CheckpointStart.Resume : CheckpointStart.Anew);
        var memory = _analysis.Memory(parsed);
        foreach (var written in (string[])[output, checkpoint.Path]) OutputPath.EnsureUsable(written, [path, .. _inputs.Files(parsed)]);
        AnalysisFile.EnsureReplaceable(output);
        var model = OnnxReader.Read(path);
        foreach (var written in (string[])[output, checkpoint.Path]) OutputPath.EnsureUsable(written, model.Files);
        CompressCommand.EnsureIsOriginal(path, model);
        var (metadata, read) = _inputs.For(parsed, model);
        options = options with { Metadata = metadata };
        var settings = AnalysisOptions.Within(new RunSettings { Threads = threads, Checkpoint = checkpoint }, memory, model, terminal);
        var start = Stopwatch.GetTimestamp();
        var analysis = KeptWork.Run(terminal, settings, AnalysisFile.TemporaryPath(output), (progress, run) =>
        {
            var calibration = read(terminal, threads, progress);
            var analyzed = Compressor.Analyze(model, calibration, options, run);
            AnalysisFile.Write(analyzed, calibration, options, output, run);
            return analyzed;
        });
        var time = Stopwatch.GetElapsedTime(start);
        var smallest = SizeCurve.SmallestSizeInBytes(analysis, options, new RunSettings());
        terminal.Events?.Result(Json.Of(analysis, output, smallest, time));
        if (terminal.Verbosity != Verbosity.Quiet) AnalysisTable.Write(terminal.Output, analysis, output, smallest, time);
        return ExitCode.Success;
    }
}
