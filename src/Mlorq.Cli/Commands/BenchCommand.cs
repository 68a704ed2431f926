using System.CommandLine;
using Mlorq.Cli.Display;
using Mlorq.Cli.Inputs;

namespace Mlorq.Cli.Commands;

/// <summary><c>mlorq bench</c>: speed, size and memory of any models, side by side.</summary>
internal sealed class BenchCommand : Command, ICommandWithExamples
{
    private const int DefaultRuns = 200;
    private const double DefaultSeconds = 5;
    private const double MostSeconds = 86_400;

    private readonly Argument<string[]> _models = new("MODEL")
    {
        Description = "ONNX files of any kind. They take turns in ONNX Runtime with its default optimisations; ratios are to the first.",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<int?> _threads = RunOptions.Positive("--threads", "N", "Threads of each run. Default: 1.");
    private readonly Option<int?> _runs = RunOptions.Positive("--runs", "N", $"Timed runs of each model at each batch, at most. Default: {DefaultRuns}.");
    private readonly Option<double?> _time = RunOptions.Number(
        "--time", $"Seconds for each model at each batch, after which only five timed runs are still made up. Default: {DefaultSeconds}.", "2.5");

    private readonly Option<bool> _json = RunOptions.Json();
    private readonly BenchInputs _inputs = new();

    private BenchCommand(Terminal terminal)
        : base("bench", "Measures latency, throughput, file size and memory of models side by side, on generated inputs.")
    {
        // With any number of models, the parser takes an option that it does not know for one.
        _models.Validators.Add(given =>
        {
            foreach (var unknown in given.Tokens.Where(t => t.Value.StartsWith('-') && !File.Exists(t.Value))) given.AddError($"Unrecognized option '{unknown.Value}'.");
        });
        Add(_models);
        _inputs.AddTo(this);
        foreach (var option in new Option[] { _threads, _runs, _time, _json }) Add(option);
        Add(BenchKernelsCommand.Create(terminal));
        SetAction(parsed => Run(parsed, terminal));
    }

    public IReadOnlyList<(string What, string Line)> Examples =>
    [
        ("A compressed model beside its original, one picture and eight at once", "mlorq bench model.onnx small.onnx --batch 1,8"),
        ("A text encoder with an open length", "mlorq bench encoder.onnx --shape input_ids=Nx128 --shape attention_mask=Nx128 --ids input_ids=30522"),
    ];

    public static Command Create(Terminal terminal) => new BenchCommand(terminal);

    private int Run(ParseResult parsed, Terminal terminal)
    {
        var models = parsed.GetRequiredValue(_models).Select(BenchmarkSubject.Read).ToList();
        var batches = _inputs.For(parsed, models);
        var seconds = parsed.GetValue(_time) ?? DefaultSeconds;
        if (seconds > MostSeconds) throw new UsageException($"--time is {seconds}; it must be {MostSeconds} seconds or less.");
        var limits = new BenchmarkLimits(parsed.GetValue(_runs) ?? DefaultRuns, TimeSpan.FromSeconds(seconds));
        var benchmark = Benchmark.Run(terminal, models, batches, limits, parsed.GetValue(_threads) ?? 1);
        if (parsed.GetValue(_json)) Terminal.WriteLine(terminal.Output, Json.Of(benchmark));
        else BenchmarkTable.Write(terminal.Output, benchmark);
        return ExitCode.Success;
    }
}
