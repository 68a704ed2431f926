using Mlorq.InterLayer;
using Spectre.Console;

namespace Mlorq.Cli.Display;

/// <summary>A plan as a table.</summary>
internal static class PlanTable
{
    public static void Write(IAnsiConsole console, CompressionPlan plan, long originalSizeInBytes, string? output, bool verbose)
    {
        if (verbose) CompressionTable.WriteLayers(console, plan);
        var table = Tables.Create("", "", "").NumbersFrom(2);
        if (output is not null) table.Row("output", output);
        table
            .Row("size", $"{Format.Megabytes(originalSizeInBytes)} -> {Format.Megabytes(plan.SizeInBytes)} ({Format.Times((double)originalSizeInBytes / plan.SizeInBytes)} smaller)")
            .Row("budget", $"{Format.Bytes(plan.SizeInBytes)} of {Format.Bytes(plan.BudgetInBytes)} bytes used");
        foreach (var (kind, layers) in CompressionTable.Kinds(plan)) table.Row(kind, layers);
        table
            .Row("signal-to-noise of the outputs", $"{Format.NoiseAsDecibels(plan.NoiseToSignal)} expected")
            .Row("costliest layers", string.Join(", ", Costliest(plan)))
            .Row("optimality gap of the plan", CompressionTable.Gap(plan));
        console.Write(table);
    }

    private static IEnumerable<string> Costliest(CompressionPlan plan) => plan.Choices
        .Where(c => c.NoiseToSignal > 0)
        .OrderByDescending(c => c.NoiseToSignal)
        .Take(3)
        .Select((Choice c) => $"{c.Layer.Name} {c.Candidate.Candidate} ({Format.Percent(c.NoiseToSignal / plan.NoiseToSignal)} of the noise)");
}
