namespace Mlorq.Benchmarks.Accuracy;

/// <summary>All that a run found, as it is written to the JSON file. Sizes are bytes, shares 0…1, times seconds.</summary>
internal sealed record Report(
    DateTimeOffset Date,
    string Command,
    BenchmarkOptions Options,
    string Preprocessing,
    Machine Machine,
    string MlorqVersion,
    string OnnxRuntimeVersion,
    long CalibrationSamples,
    int SensitivitySamples,
    int Pictures,
    double ReadingInSeconds,
    OriginalModel Original,
    IReadOnlyList<MethodResult> Methods,
    IReadOnlyList<Verdict> Verdicts);

/// <summary>The uncompressed model. What was not measured is null.</summary>
internal sealed record OriginalModel(long SizeInBytes, double? Top1, double? Top5, long? MemoryInBytes);

/// <summary>A method at all budgets.</summary>
/// <param name="Method">Its name.</param>
/// <param name="AnalysisInSeconds">The one analysis that serves all budgets, and other methods with the same.</param>
/// <param name="PeakMemoryInBytes">
/// Peak resident memory of this process after the last compression and before the first evaluation; null for all but the first method,
/// as the peak of a process never falls.
/// </param>
/// <param name="Rows">One for each budget.</param>
internal sealed record MethodResult(string Method, double AnalysisInSeconds, long? PeakMemoryInBytes, IReadOnlyList<Row> Rows)
{
    /// <summary>When it was measured; a continued run keeps what was measured before.</summary>
    public DateTimeOffset? Date { get; init; }
}

/// <summary>A method at one budget.</summary>
/// <param name="Budget">As given.</param>
/// <param name="BudgetInBytes">The same in bytes.</param>
/// <param name="LeastPossibleInBytes">The least size of this method where the budget is impossible; otherwise null.</param>
/// <param name="File">The compressed file; null where the budget is impossible.</param>
/// <param name="Evaluation">What it computes; null where the budget is impossible.</param>
internal sealed record Row(string Budget, long BudgetInBytes, long? LeastPossibleInBytes, CompressedModel? File, EvaluatedModel? Evaluation);

/// <summary>A compressed file and its plan.</summary>
/// <param name="SizeInBytes">Of the file; the plan predicted the same.</param>
/// <param name="BitsPerWeight">Bytes of the linear layers and convolutions (codes, scales, zero points, nodes) in bits per original weight.</param>
/// <param name="LowRankLayers">Linear layers stored as two factors.</param>
/// <param name="LinearLayers">All linear layers.</param>
/// <param name="ExpectedInDecibels">Output signal-to-noise that the plan expects.</param>
/// <param name="CalibrationInDecibels">The same measured on the first calibration inputs.</param>
/// <param name="CompressionInSeconds">Choosing, rounding, learning, writing and checking.</param>
/// <param name="PlanHash">Equal plans have equal hashes.</param>
/// <param name="StepsTaken">Of the steps that need not help, those whose result was taken.</param>
internal sealed record CompressedModel(
    long SizeInBytes,
    double BitsPerWeight,
    int LowRankLayers,
    int LinearLayers,
    double ExpectedInDecibels,
    double CalibrationInDecibels,
    double CompressionInSeconds,
    string PlanHash,
    IReadOnlyList<string> StepsTaken);

/// <summary>A compressed file on the labelled pictures, in ONNX Runtime.</summary>
/// <param name="Top1">Share of right first answers.</param>
/// <param name="Top1Drop">What the original has more of them; negative for a gain.</param>
/// <param name="Top5">Share with the right one among five.</param>
/// <param name="Agreement">Share with the original's first answer.</param>
/// <param name="SignalToNoiseInDecibels">Of the outputs against the original's.</param>
/// <param name="MemoryInBytes">What loading and running the file adds to a process; null where it could not be measured.</param>
internal sealed record EvaluatedModel(
    double Top1, double Top1Drop, double Top5, double Agreement, double SignalToNoiseInDecibels, long? MemoryInBytes);
