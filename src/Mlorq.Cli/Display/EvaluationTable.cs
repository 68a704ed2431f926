using Spectre.Console;

namespace Mlorq.Cli.Display;

/// <summary>An evaluation as a table: the reference before, the model after.</summary>
internal static class EvaluationTable
{
    public static void Write(IAnsiConsole console, Evaluation evaluation, string preprocessing)
    {
        console.Write(evaluation.Reference is { } reference ? Pair(evaluation, reference) : Single(evaluation.Model));
        Terminal.WriteLine(console, $"{evaluation.Pictures} pictures; preprocessing {preprocessing}");
        Terminal.WriteLine(console, "Latency: median for one picture. Memory: what loading and running the model adds to a process.");
    }

    private static Table Single(EvaluatedModel model) => Tables.Create("", "", Path.GetFileName(model.Path)).NumbersFrom(1)
        .Row("file size", Format.Megabytes(model.SizeInBytes))
        .Row("top-1", Format.Percent(model.Accuracy.Top1))
        .Row("top-5", Format.Percent(model.Accuracy.Top5))
        .Row("latency", Format.Milliseconds(model.Latency))
        .Row("memory", Memory(model));

    private static Table Pair(Evaluation evaluation, EvaluatedModel before)
    {
        var after = evaluation.Model;
        var table = Tables.Create("", "", Path.GetFileName(before.Path), Path.GetFileName(after.Path), "change").NumbersFrom(1)
            .Row("file size", Format.Megabytes(before.SizeInBytes), Format.Megabytes(after.SizeInBytes), Smaller(before.SizeInBytes, after.SizeInBytes))
            .Row("top-1", Format.Percent(before.Accuracy.Top1), Format.Percent(after.Accuracy.Top1), Format.Points(after.Accuracy.Top1 - before.Accuracy.Top1))
            .Row("top-5", Format.Percent(before.Accuracy.Top5), Format.Percent(after.Accuracy.Top5), Format.Points(after.Accuracy.Top5 - before.Accuracy.Top5))
            .Row("same first answer", "", Format.Percent(evaluation.Agreement!.Value), "")
            .Row("output signal-to-noise", "", Format.Decibels(evaluation.SignalToNoiseInDecibels!.Value), "")
            .Row("latency", Format.Milliseconds(before.Latency), Format.Milliseconds(after.Latency), Format.Text($"{after.Latency / before.Latency:F2} times"))
            .Row("memory", Memory(before), Memory(after), Times(before.MemoryInBytes, after.MemoryInBytes));
        return table;
    }

    private static string Times(long? before, long? after) => before > 0 && after > 0 ? Format.Text($"{(double)after / before:F2} times") : "";

    private static string Smaller(long before, long after) => Format.Text($"{(double)before / after:F2}x smaller");

    private static string Memory(EvaluatedModel model) => model.MemoryInBytes is { } bytes ? Format.Text($"{bytes / 1e6:F1} MB") : "not measured";
}
