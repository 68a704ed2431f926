using Mlorq.Timing;
using Spectre.Console;

namespace Mlorq.Cli.Display;

/// <summary>What was measured for a table of kernel times, in a few lines.</summary>
internal static class KernelSummary
{
    public static void Write(IAnsiConsole console, string path, KernelTable table, IReadOnlyList<RuntimeProfile> runtimes)
    {
        var summary = Tables.Create("", "", "").Row("table", $"{path}, hash {table.Hash}").Row("measured on", $"{table.Processor}, threads {table.Threads}, batch {table.Batch}, ONNX Runtime {table.OnnxRuntime}");
        foreach (var model in table.Models) summary.Row(NameOf(model), $"{Milliseconds(model.Time.Microseconds)} (p10 {Milliseconds(model.Time.P10)}, p90 {Milliseconds(model.Time.P90)})");
        foreach (var runtime in runtimes)
        {
            summary.Row($"the rest of the model, {runtime.ToString().ToLowerInvariant()}", Milliseconds(LayerTimes.Of(table, runtime).RestInNanoseconds / 1e3));
        }

        summary.Row("products", $"{table.Products.Select(p => p.Shape).Distinct().Count()} sizes of {table.Layers.Count} layers, in {table.Products.Count} forms");
        console.Write(summary);
    }

    private static string NameOf(ModelTime model) => model.Stored == "fp32" ? "the model as given" : $"all linear layers at 4 bits, {model.Runtime.ToString().ToLowerInvariant()}";

    private static string Milliseconds(double microseconds) => Format.Milliseconds(TimeSpan.FromMicroseconds(microseconds));
}
