using Mlorq.Layers;
using Spectre.Console;

namespace Mlorq.Cli.Display;

/// <summary>What an analysis found, as a table.</summary>
internal static class AnalysisTable
{
    public static void Write(IAnsiConsole console, Analysis analysis, string output, long smallest, TimeSpan time)
    {
        var fronts = analysis.Prices;
        console.Write(Tables.Create("", "", "").NumbersFrom(2)
            .Row("output", $"{output} ({Format.Megabytes(new FileInfo(output).Length)})")
            .Row("layers", $"{fronts.Count}, of which {fronts.Count(f => f.Front.Layer is LinearLayer)} linear")
            .Row("candidates", $"{fronts.Sum(f => f.Front.All.Count)} priced, {fronts.Sum(f => f.Front.Candidates.Count)} that none beats in both bytes and price")
            .Row("smallest file", $"{Format.Megabytes(smallest)} ({Format.Times((double)analysis.Source.SizeInBytes / smallest)} smaller)")
            .Row("time, peak memory", $"{Format.Seconds(time)}, {Format.Megabytes(CompressionTable.PeakMemory())}"));
    }
}
