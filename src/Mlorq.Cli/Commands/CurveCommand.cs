using System.CommandLine;
using System.Globalization;
using Mlorq.Cli.Display;
using Mlorq.Cli.Inputs;
using Mlorq.Onnx;

namespace Mlorq.Cli.Commands;

/// <summary><c>mlorq curve</c>: what a model loses at every size, from an analysis.</summary>
internal sealed class CurveCommand : Command, ICommandWithExamples
{
    private const int UsualCount = 50;
    private const int MostBudgets = 10_000;

    private readonly Argument<string> _analysis = RunOptions.Analysis();
    private readonly Option<string?> _budgets = new("--budgets")
    {
        HelpName = "N|SIZE,SIZE,…",
        Description = $"How many budgets, in equal ratios from the smallest file to one of 8 bits per weight, or a list of them, such as 1.7MB,2.1MB,2.6MB. Default: {UsualCount}.",
    };

    private readonly Option<int?> _measure = RunOptions.Positive("--measure", "N", "Really measure so many of the plans as well, spread over the curve: what their candidates do to the outputs, before the final rounding and learning. Needs --model and --calibration.");
    private readonly Option<string?> _model = new("--model") { HelpName = "MODEL", Description = "The model of the analysis, for --measure." };
    private readonly CalibrationInputs _inputs = new() { IsRequired = false };
    private readonly Option<string?> _csv = RunOptions.Text("--csv", "FILE.csv", "Write the curve as a table with commas.");
    private readonly Option<string?> _svg = RunOptions.Text("--svg", "FILE.svg", "Write the curve as a picture.");
    private readonly RuntimeOption _runtime = new();
    private readonly LayerRuleOptions _rules = new();
    private readonly Option<int?> _threads = RunOptions.Threads();
    private readonly Option<bool> _json = RunOptions.Json();

    private CurveCommand(Terminal terminal)
        : base("curve", "Shows size against expected error for many budgets, from an analysis; marks the knee and what one width for all layers would give.")
    {
        Add(_analysis);
        foreach (var option in (Option[])[_budgets, _csv, _svg, _json, _runtime.Option, .. _rules.Options, _measure, _model, _inputs.Calibration, _inputs.Samples, _threads]) Add(option);
        _inputs.AddPreprocessingTo(this);
        SetAction(parsed => Run(parsed, terminal));
    }

    public IReadOnlyList<(string What, string Line)> Examples =>
    [
        ("Fifty sizes, as a table and a plot", "mlorq curve deit_tiny.analysis"),
        ("Some sizes, for a script", "mlorq curve deit_tiny.analysis --budgets 1.7MB,2.1MB,2.6MB,3.2MB --json"),
        ("A picture, with five of the plans measured", "mlorq curve deit_tiny.analysis --svg curve.svg --measure 5 --model deit_tiny.onnx --calibration pictures"),
    ];

    public static Command Create(Terminal terminal) => new CurveCommand(terminal);

    private int Run(ParseResult parsed, Terminal terminal)
    {
        var path = parsed.GetRequiredValue(_analysis);
        var outputs = new[] { parsed.GetValue(_csv), parsed.GetValue(_svg) }.OfType<string>().ToList();
        if (outputs is [var one, var other] && OutputPath.Real(one) == OutputPath.Real(other)) throw new UsageException($"--csv and --svg are both '{one}'. Name two files.");
        var isCalibrated = parsed.GetValue(_inputs.Calibration) is { Length: > 0 };
        string[] read = [path, .. new[] { parsed.GetValue(_model) }.OfType<string>(), .. isCalibrated ? _inputs.Files(parsed) : []];
        foreach (var output in outputs) OutputPath.EnsureUsable(output, read);
        if (parsed.GetValue(_measure) is not null && (parsed.GetValue(_model) is null || !isCalibrated))
            throw new UsageException("--measure runs the model: give --model and --calibration as well, as for analyze.");
        var file = AnalysisFile.Open(path);
        var options = _rules.For(parsed, _runtime.For(parsed, file.OptionsFor(new CompressionOptions { Budget = new Budget.Ratio(1) })));
        var run = new RunSettings { Threads = parsed.GetValue(_threads) ?? Environment.ProcessorCount, Cancellation = terminal.Cancellation };
        var curve = StepProgress.Show(terminal, progress => Curve(parsed, terminal, file, outputs, options, run with { Progress = progress.Compression() }, progress));
        if (parsed.GetValue(_csv) is { } csv) CurveText.WriteCsv(curve, csv);
        if (parsed.GetValue(_svg) is { } svg) CurveSvg.Write(curve, svg);
        if (parsed.GetValue(_json)) Terminal.WriteLine(terminal.Output, Json.Of(curve));
        else CurveTable.Write(terminal.Output, curve);
        return ExitCode.Success;
    }

    private SizeCurve Curve(ParseResult parsed, Terminal terminal, AnalysisFile file, IReadOnlyList<string> outputs, CompressionOptions options, RunSettings run, StepProgress progress)
    {
        var analysis = file.ForPlans();
        var curve = SizeCurve.Of(analysis, Budgets(parsed, analysis, options, run), options, run);
        if (parsed.GetValue(_measure) is not { } count) return curve;
        var model = OnnxReader.Read(parsed.GetValue(_model)!);
        foreach (var output in outputs) OutputPath.EnsureUsable(output, model.Files);
        file.EnsureIsOf(model);
        var calibration = _inputs.For(parsed, model, file).Read(terminal, run.Threads, progress);
        return curve.Measure(file.ForCompression(model, calibration, options, run), count, calibration, options, run);
    }

    private IReadOnlyList<Budget> Budgets(ParseResult parsed, Analysis analysis, CompressionOptions options, RunSettings run)
    {
        var text = parsed.GetValue(_budgets) ?? UsualCount.ToString(CultureInfo.InvariantCulture);
        // A number alone is how many: nobody means a file of 50 bytes.
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count <= MostBudgets)
            return count < 2 ? throw new UsageException($"--budgets is {text}; give 2 or more, or sizes such as 1.7MB,2.1MB.") : SizeCurve.Budgets(analysis, count, options, run);
        return [.. text.Split(',').Select(Budget.Parse)];
    }
}
