using Microsoft.ML.OnnxRuntime;
using Mlorq.Benchmarks.Accuracy;
using Mlorq.IntraLayer;

namespace Mlorq.Benchmarks.Prices;

/// <summary>Prices, then measures.</summary>
internal static class Benchmark
{
    /// <summary>The whole run.</summary>
    public static Report Run(BenchmarkOptions options, string command)
    {
        var (date, machine) = (DateTimeOffset.UtcNow, Machine.Now());
        var work = Workload.Read(options);
        var afterReading = Machine.PeakMemoryInBytes();
        Console.Error.WriteLine("pricing");
        var pricing = Pricing.Run(work, options);
        var afterPricing = Machine.PeakMemoryInBytes();
        Console.Error.WriteLine("measuring");
        var measuring = Measuring.Run(work, pricing.Table, options);
        var rows = pricing.Table.Zip(measuring.NoiseToSignal, RowOf).ToList();
        return new Report(
            date, command, options, work.Preprocessing.ToString(), machine,
            typeof(Compressor).Assembly.GetName().Version!.ToString(3), OrtEnv.Instance().GetVersionString(),
            new FileInfo(options.Model).Length, pricing.Gradients, measuring.Samples, rows, Agreement.Of(rows),
            [.. rows.GroupBy(r => r.Bits).OrderBy(g => g.Key).Select(g => new BitsAgreement(g.Key, Agreement.Of([.. g])))],
            TimesOf(pricing, measuring),
            new PeakMemory(afterReading, afterPricing, Machine.PeakMemoryInBytes()));
    }

    private static Row RowOf(PricedCandidate priced, double measured)
    {
        var format = ((Candidate.Dense)priced.Candidate.Candidate).Format;
        return new Row(priced.Layer.Name, format.BitWidth.Bits, format.ToString(), priced.Price.NoiseToSignal, priced.Price.StandardError, measured);
    }

    private static Times TimesOf(Pricing pricing, Measuring measuring) => new(
        pricing.StatisticsTime.TotalSeconds,
        pricing.RoundingTime.TotalSeconds,
        pricing.GradientTime.TotalSeconds,
        pricing.PairTime.TotalSeconds,
        pricing.Groups,
        pricing.Counts.Sum(c => c.Whole),
        pricing.Counts.Sum(c => c.OfferedPairs),
        pricing.Counts.Sum(c => c.AllPairs),
        pricing.RoundedPairs,
        measuring.Time.TotalSeconds,
        measuring.Extrapolated(pricing.Counts.Select(c => (c.Layer, c.Whole + c.OfferedPairs))).TotalSeconds,
        measuring.Extrapolated(pricing.Counts.Select(c => (c.Layer, c.Whole + c.AllPairs))).TotalSeconds);
}
