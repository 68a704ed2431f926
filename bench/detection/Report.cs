using Mlorq.Benchmarks.Accuracy;

namespace Mlorq.Benchmarks.Detection;

/// <summary>All that a run found, as it is written to the JSON file. Times are seconds.</summary>
internal sealed record Report(
    DateTimeOffset Date,
    string Command,
    Machine Machine,
    string MlorqVersion,
    int Pictures,
    int Detections,
    double BoxPrecision,
    double MaskPrecision,
    int WarmUpRuns,
    int Runs,
    IReadOnlyList<StepTime> Steps,
    StepTime All);

/// <summary>How long a step takes, in the first run of the process, which compiles the code, and in later ones.</summary>
internal sealed record StepTime(string Name, double FirstInSeconds, double MedianInSeconds);
