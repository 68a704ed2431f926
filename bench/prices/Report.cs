using Mlorq.Benchmarks.Accuracy;

namespace Mlorq.Benchmarks.Prices;

/// <summary>All that a run found, as it is written to the JSON file. Sizes are bytes, shares 0…1, times seconds.</summary>
internal sealed record Report(
    DateTimeOffset Date,
    string Command,
    BenchmarkOptions Options,
    string Preprocessing,
    Machine Machine,
    string MlorqVersion,
    string OnnxRuntimeVersion,
    long ModelSizeInBytes,
    int Gradients,
    long MeasuredSamples,
    IReadOnlyList<Row> Rows,
    Agreement All,
    IReadOnlyList<BitsAgreement> ByBits,
    Times Times,
    PeakMemory PeakMemory);

/// <summary>One format of one linear layer.</summary>
/// <param name="Layer">The layer's name.</param>
/// <param name="Bits">Bits per weight.</param>
/// <param name="Format">The format.</param>
/// <param name="Price">Noise-to-signal expected by sample gradients.</param>
/// <param name="StandardError">Of the price.</param>
/// <param name="Measured">Noise-to-signal measured with this layer alone in this format.</param>
internal sealed record Row(string Layer, int Bits, string Format, double Price, double StandardError, double Measured)
{
    /// <summary>Price over measured; null where one of them is zero.</summary>
    public double? Ratio => Price > 0 && Measured > 0 ? Price / Measured : null;
}

/// <summary>The agreement at one bit width.</summary>
internal sealed record BitsAgreement(int Bits, Agreement Agreement);

/// <summary>Where the time went.</summary>
/// <param name="StatisticsInSeconds">Moments of inputs and row weights.</param>
/// <param name="RoundingInSeconds">Rounding all candidates.</param>
/// <param name="GradientsInSeconds">The gradient pass that prices all candidates and all ranks of all pairs of widths.</param>
/// <param name="PairsInSeconds">Rounding the hopeful pairs for real.</param>
/// <param name="Groups">Groups of layers under the memory limit, each with its own passes.</param>
/// <param name="WholeCandidates">Whole matrices of linear layers: low bits and half precision.</param>
/// <param name="OfferedPairs">Low-rank pairs that a plan may contain.</param>
/// <param name="AllPairs">The same with every rank.</param>
/// <param name="RoundedPairs">Pairs rounded for real.</param>
/// <param name="MeasuringInSeconds">Measuring the table.</param>
/// <param name="MeasuringOfferedInSeconds">Extrapolated: measuring all whole matrices and all offered pairs of linear layers.</param>
/// <param name="MeasuringAllInSeconds">Extrapolated: the same with every rank.</param>
internal sealed record Times(
    double StatisticsInSeconds,
    double RoundingInSeconds,
    double GradientsInSeconds,
    double PairsInSeconds,
    int Groups,
    int WholeCandidates,
    int OfferedPairs,
    int AllPairs,
    int RoundedPairs,
    double MeasuringInSeconds,
    double MeasuringOfferedInSeconds,
    double MeasuringAllInSeconds)
{
    /// <summary>Both passes.</summary>
    public double PricingInSeconds => GradientsInSeconds + PairsInSeconds;
}

/// <summary>Peak resident memory of this process so far, in bytes.</summary>
internal sealed record PeakMemory(long AfterReading, long AfterPricing, long AfterMeasuring);
