using System.CommandLine;
using Mlorq.Cli.Display;
using Mlorq.Cli.Inputs;
using Mlorq.Onnx;
using Mlorq.Vision;

namespace Mlorq.Cli.Commands;

/// <summary><c>mlorq demo</c>: the main job on the sample that comes with the tool.</summary>
internal sealed class DemoCommand : Command, ICommandWithExamples
{
    private const string BudgetText = "8x";

    private readonly Option<string?> _budget = new("--budget")
    {
        HelpName = "SIZE|RATIO",
        Description = $"As for compress. Default: {BudgetText}.",
    };

    private readonly Option<string?> _output = new("--output", "-o")
    {
        HelpName = "OUT.onnx",
        Description = "Keep the compressed model in this file. Default: a temporary file that is deleted.",
    };

    private readonly RuntimeOption _runtime = new();
    private readonly Option<int?> _threads = RunOptions.Threads();

    private DemoCommand(Terminal terminal)
        : base("demo", "Compresses a small vision transformer that comes with the tool, and compares it with the original on 1,000 pictures.")
    {
        foreach (var option in new Option[] { _budget, _output, _runtime.Option, _threads }) Add(option);
        SetAction(parsed => Run(parsed, terminal));
    }

    public IReadOnlyList<(string What, string Line)> Examples =>
    [
        ("The main job from nothing to a table, in a minute", "mlorq demo"),
        ("Another size, and keep the file", "mlorq demo --budget 12x --output small.onnx"),
    ];

    public static Command Create(Terminal terminal) => new DemoCommand(terminal);

    private int Run(ParseResult parsed, Terminal terminal)
    {
        if (parsed.GetValue(_output) is { } output) return Run(parsed, terminal, output);
        var folder = Directory.CreateTempSubdirectory("mlorq-demo-");
        using var temporary = terminal.Leftovers.Path(folder.FullName);
        try
        {
            return Run(parsed, terminal, Path.Combine(folder.FullName, "compressed.onnx"));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private int Run(ParseResult parsed, Terminal terminal, string output)
    {
        var sample = Path.Combine(AppContext.BaseDirectory, "samples", "vit-fashion");
        var path = Path.Combine(sample, "model.onnx");
        if (!File.Exists(path)) throw new InvalidModelException($"The sample is not at '{path}'. Install the tool again.");
        var options = _runtime.For(parsed, new CompressionOptions { Budget = Budget.Parse(parsed.GetValue(_budget) ?? BudgetText) });
        OutputPath.EnsureUsable(output, [path]);
        var model = OnnxReader.Read(path);
        var preprocessing = Preprocessing.Load(Path.Combine(sample, "preprocessing.json"));
        options = options with { Metadata = PreprocessingMetadata.Of(preprocessing) };
        var threads = parsed.GetValue(_threads) ?? Environment.ProcessorCount;
        var calibration = Path.Combine(sample, "calibration");
        var (result, time, _) = Compression.Run(
            terminal,
            progress => CalibrationInputs.Pictures(terminal, model, calibration, preprocessing, int.MaxValue, threads, progress),
            options,
            output,
            new RunSettings { Threads = threads },
            SavedInputs.Compression(model, null, null, options), []);
        if (terminal.Verbosity != Verbosity.Quiet) CompressionTable.Write(terminal.Output, result, parsed.GetValue(_output) ?? "not kept (--output keeps it)", time, terminal.Verbosity == Verbosity.Verbose);
        var pictures = LabelledImages.Pair(ImageFolder.Read(Path.Combine(sample, "test")), LabelFile.Read(Path.Combine(sample, "test.csv")));
        var evaluation = Evaluation.Run(terminal, output, path, PictureInput.Of(model), pictures, preprocessing, threads);
        EvaluationTable.Write(terminal.Output, evaluation, $"{preprocessing} (from the sample)");
        return ExitCode.Success;
    }
}
