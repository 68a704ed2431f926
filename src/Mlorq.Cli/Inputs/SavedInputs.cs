using System.CommandLine;
using Mlorq.Onnx.Graphs;

namespace Mlorq.Cli.Inputs;

/// <summary>What <c>compress</c> need not work out again: an analysis, a plan, or both.</summary>
internal sealed class SavedInputs
{
    private readonly Option<string?> _analysis = new("--analysis")
    {
        HelpName = "FILE.analysis",
        Description = "An analysis by `mlorq analyze` of the same model and calibration data, which is then not made again. Options that shaped it are as they were then; the result "
            + "is that of a compression without it.",
    };

    /// <summary>The plan, which has a budget in it.</summary>
    public Option<string?> Plan { get; } = new("--plan")
    {
        HelpName = "PLAN.json",
        Description = "A plan by `mlorq plan`, edited or not, to be carried out as it is. It has the budget and the runtime profile in it. With --analysis, what it needs to know of the layers is not measured again.",
    };

    public IReadOnlyList<Option> Options => [_analysis, Plan];

    /// <summary>The files that are given.</summary>
    public IEnumerable<string> Paths(ParseResult parsed) => new[] { parsed.GetValue(_analysis), parsed.GetValue(Plan) }.OfType<string>();

    /// <summary>Opens what is given.</summary>
    public (AnalysisFile? Analysis, PlanFile? Plan) Open(ParseResult parsed) => (
        parsed.GetValue(_analysis) is { } analysis ? AnalysisFile.Open(analysis) : null,
        parsed.GetValue(Plan) is { } plan ? PlanFile.Read(plan) : null);

    /// <summary>The compression that makes use of what is given.</summary>
    public static Func<CalibrationSet, RunSettings, CompressionResult> Compression(Model model, AnalysisFile? analysis, PlanFile? plan, CompressionOptions options)
    {
        plan?.EnsureIsOf(model);
        analysis?.EnsureIsOf(model);
        return (calibration, run) =>
        {
            if (analysis is null) return plan is null ? Compressor.Compress(model, calibration, options, run) : Compressor.Compress(model, plan, calibration, options, run);
            var known = analysis.ForCompression(model, calibration, options, run);
            return plan is null ? Compressor.Compress(known, calibration, options, run) : Compressor.Compress(known, plan.PlanFor(known, options), calibration, options, run);
        };
    }
}
