using System.CommandLine;
using Mlorq.Cli.Display;
using Mlorq.Cli.Inputs;
using Mlorq.Layers;
using Mlorq.Onnx;
using Mlorq.Timing;

namespace Mlorq.Cli.Commands;

/// <summary><c>mlorq bench kernels</c>: the times of a model's products on this machine, for <c>compress --max-latency</c>.</summary>
internal sealed class BenchKernelsCommand : Command, ICommandWithExamples
{
    private const int DefaultRuns = 50;
    private const double DefaultSeconds = 5;

    // Of a quiet machine nine of ten runs are within a tenth.
    private const double BusyRatio = 1.5;

    private readonly Argument<string> _model = RunOptions.Model("The ONNX file of a trained transformer, not compressed.");
    private readonly Option<string> _output = new("--output", "-o")
    {
        HelpName = "KERNELS.json",
        Description = "The table to write. Default: kernels.json.",
    };

    private readonly RuntimeOption _runtime = new("Measure the forms of one profile only: those of files that are compressed with the same --runtime. Default: both.");
    private readonly Option<int?> _threads = RunOptions.Positive("--threads", "N", "Threads of each run. Default: 1.");
    private readonly Option<int?> _runs = RunOptions.Positive("--runs", "N", $"Timed runs of each form of each product, at most. Default: {DefaultRuns}.");
    private readonly BenchInputs _inputs = new();

    private BenchKernelsCommand(Terminal terminal)
        : base("kernels", "Measures on this machine how long each product of a model takes in each form, for `mlorq compress --max-latency`.")
    {
        Add(_model);
        _inputs.AddTo(this);
        foreach (var option in new Option[] { _output, _runtime.Option, _threads, _runs }) Add(option);
        SetAction(parsed => Run(parsed, terminal));
    }

    public IReadOnlyList<(string What, string Line)> Examples =>
    [
        ("One thread, one picture at a time", "mlorq bench kernels deit_tiny.onnx --output kernels.json"),
        ("Two threads, for files of --runtime speed alone", "mlorq bench kernels deit_tiny.onnx --threads 2 --runtime speed --output kernels.json"),
    ];

    public static Command Create(Terminal terminal) => new BenchKernelsCommand(terminal);

    private int Run(ParseResult parsed, Terminal terminal)
    {
        var path = parsed.GetRequiredValue(_model);
        var output = parsed.GetValue(_output) ?? "kernels.json";
        var runtime = _runtime.Given(parsed);
        OutputPath.EnsureUsable(output, [path]);
        var model = OnnxReader.Read(path);
        OutputPath.EnsureUsable(output, model.Files);
        if (ModelInspection.IsWrittenByMlorq(model)) throw new InvalidModelException($"'{path}' was compressed by Mlorq before. Measure the original model: its layers are what `mlorq compress` chooses forms for.");
        var batches = _inputs.For(parsed, [BenchmarkSubject.Of(path, model)]);
        if (batches.Count > 1) throw new UsageException("--batch has several numbers, and a table is measured at one. Write a table for each.");
        var limits = new BenchmarkLimits(parsed.GetValue(_runs) ?? DefaultRuns, TimeSpan.FromSeconds(DefaultSeconds));
        var benchmark = new KernelBenchmark(terminal, parsed.GetValue(_threads) ?? 1, limits);
        RuntimeProfile[] runtimes = runtime is { } one ? [one] : [RuntimeProfile.Memory, RuntimeProfile.Speed];
        var table = benchmark.Run(model, batches[0].Models[0], batches[0].Batch, runtimes);
        TextFile.Write(output, KernelTableJson.Write(table));
        KernelSummary.Write(terminal.Output, output, table, runtimes);
        if (table.Models.Any(m => m.Time.P90 > BusyRatio * m.Time.P10))
            terminal.Note("The times of the model's runs differ much from each other. Something else was running: measure again when the machine is quiet.");
        return ExitCode.Success;
    }
}
