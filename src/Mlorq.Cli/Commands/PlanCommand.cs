using System.CommandLine;
using Mlorq.Cli.Display;
using Mlorq.Cli.Inputs;
using Mlorq.Onnx;

namespace Mlorq.Cli.Commands;

/// <summary><c>mlorq plan</c>: what a budget would buy, layer by layer, from an analysis.</summary>
internal sealed class PlanCommand : Command, ICommandWithExamples
{
    private readonly Argument<string> _analysis = RunOptions.Analysis();
    private readonly BudgetOptions _budget = new();
    private readonly Option<string?> _output = new("--output", "-o")
    {
        HelpName = "PLAN.json",
        Description = "The plan, for people to read and edit and for `mlorq compress --plan`. Default: none is written.",
    };

    private readonly RuntimeOption _runtime = new();
    private readonly LayerRuleOptions _rules = new();
    private readonly Option<bool> _json = RunOptions.Json();

    private PlanCommand(Terminal terminal)
        : base("plan", "Chooses a form for each layer within a budget: the exact solution at the prices of an analysis, in moments, without running the model.")
    {
        Add(_analysis);
        foreach (var option in (Option[])[.. _budget.Options, _output, _runtime.Option, .. _rules.Options, _json]) Add(option);
        SetAction(parsed => Run(parsed, terminal));
    }

    public IReadOnlyList<(string What, string Line)> Examples =>
    [
        ("What 2 MB would cost, layer by layer", "mlorq plan deit_tiny.analysis --budget 2MB --verbose"),
        ("With the head at 8 bits", "mlorq plan deit_tiny.analysis --budget 2MB --pin head=8"),
        ("A plan to edit and to carry out", "mlorq plan deit_tiny.analysis --budget 2MB --output plan.json"),
    ];

    public static Command Create(Terminal terminal) => new PlanCommand(terminal);

    private int Run(ParseResult parsed, Terminal terminal)
    {
        var path = parsed.GetRequiredValue(_analysis);
        var budget = _budget.For(parsed);
        var output = parsed.GetValue(_output);
        if (output is not null) OutputPath.EnsureUsable(output, [path]);
        var file = AnalysisFile.Open(path);
        var options = _rules.For(parsed, _runtime.For(parsed, file.OptionsFor(new CompressionOptions { Budget = budget })));
        var analysis = file.ForPlans();
        var plan = Compressor.PlanByPrices(analysis, options, new RunSettings { Cancellation = terminal.Cancellation });
        var isJson = parsed.GetValue(_json);
        var json = isJson || output is not null ? PlanFile.ToJson(plan, analysis, options) : "";
        if (output is not null) TextFile.Write(output, json);
        if (isJson) Terminal.WriteLine(terminal.Output, json.TrimEnd());
        else PlanTable.Write(terminal.Output, plan, analysis.Source.SizeInBytes, output, terminal.Verbosity == Verbosity.Verbose);
        return ExitCode.Success;
    }
}
