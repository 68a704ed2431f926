using Spectre.Console;

namespace Mlorq.Cli.Display;

/// <summary>A benchmark as a table: a column for each model, followed by its ratio to the first.</summary>
internal static class BenchmarkTable
{
    public static void Write(IAnsiConsole console, Benchmark benchmark)
    {
        var models = benchmark.Models;
        var header = new List<string> { "" };
        foreach (var name in Names([.. models.Select(m => m.Model.Path)]))
        {
            header.Add(name);
            if (header.Count > 2) header.Add("ratio");
        }

        var table = Tables.Create("", [.. header]).NumbersFrom(1);
        Row(table, "file size", models, m => Format.Megabytes(m.Model.SizeInBytes), m => m.Model.SizeInBytes);
        Row(table, "memory after load", models, m => Memory(m.Batches[0].Memory?.AfterLoadInBytes), m => m.Batches[0].Memory?.AfterLoadInBytes);
        for (var b = 0; b < models[0].Batches.Count; b++) WriteBatch(table, [.. models.Select(m => m.Batches[b])]);
        console.Write(table);
        WriteNotes(console, benchmark);
    }

    /// <summary>How many times the first value another one is; null where one is missing or no positive number.</summary>
    public static double? Ratio(double? value, double? first) => value > 0 && first > 0 ? value / first : null;

    private static void WriteBatch(Table table, IReadOnlyList<BenchmarkedBatch> models)
    {
        table.AddEmptyRow();
        Row(table, $"batch {models[0].Batch}: latency, median", models, m => Format.Milliseconds(m.Times.Median), m => m.Times.Median.TotalSeconds);
        foreach (var percent in new[] { 10, 90 })
        {
            var probability = percent / 100.0;
            Row(table, $"latency, p{percent}", models, m => Format.Milliseconds(m.Times.Quantile(probability)), m => m.Times.Quantile(probability).TotalSeconds);
        }

        Row(table, "inputs per second", models, m => Format.Text($"{m.InputsPerSecond:F1}"), m => m.InputsPerSecond);
        Row(table, "memory after a run", models, m => Memory(m.Memory?.AfterRunInBytes), m => m.Memory?.AfterRunInBytes);
    }

    private static void Row<T>(Table table, string what, IReadOnlyList<T> models, Func<T, string> text, Func<T, double?> value)
    {
        var cells = new List<string> { what, text(models[0]) };
        foreach (var model in models.Skip(1)) cells.AddRange([text(model), Ratio(value(model), value(models[0])) is { } ratio ? Format.Times(ratio) : ""]);
        table.Row([.. cells]);
    }

    private static void WriteNotes(IAnsiConsole console, Benchmark benchmark)
    {
        foreach (var group in benchmark.Models.GroupBy(m => string.Join("; ", m.Batches[0].Inputs)))
        {
            var whose = group.Count() == benchmark.Models.Count ? "" : $" of {string.Join(", ", group.Select(m => m.Model.Path))}";
            Terminal.WriteLine(console, $"Generated inputs{whose}: {(group.Key.Length > 0 ? group.Key : "none")}");
        }

        var runs = string.Join(", ", benchmark.Models[0].Batches.Select(b => $"{b.Times.Count} at batch {b.Batch}"));
        Terminal.WriteLine(console, $"Timed runs of each model, taking turns: {runs}; {benchmark.Threads} {(benchmark.Threads == 1 ? "thread" : "threads")}. Latency: of a whole batch.");
        Terminal.WriteLine(console, "Memory: what the model, after a run with its inputs, adds to a process of its own; freed memory is given back.");
    }

    // The file's name tells models apart, or where it does not, the path.
    private static IEnumerable<string> Names(IReadOnlyList<string> paths) =>
        paths.Distinct().Select(Path.GetFileName).Distinct().Count() == paths.Distinct().Count() ? paths.Select(p => Path.GetFileName(p)) : paths;

    private static string Memory(long? bytes) => bytes is { } known ? Format.Text($"{known / 1e6:F1} MB") : "not measured";
}
