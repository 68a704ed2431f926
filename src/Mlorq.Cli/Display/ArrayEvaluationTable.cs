using Spectre.Console;

namespace Mlorq.Cli.Display;

/// <summary>An evaluation on arrays as tables: the models, and each output beside the reference's.</summary>
internal static class ArrayEvaluationTable
{
    public static void Write(IAnsiConsole console, ArrayEvaluation evaluation)
    {
        EvaluatedOnArrays[] models = evaluation.Reference is { } reference ? [reference, evaluation.Model] : [evaluation.Model];
        var sizes = Tables.Create("", ["", .. models.Select(m => Path.GetFileName(m.Path))]).NumbersFrom(1)
            .Row(["file size", .. models.Select(m => Format.Megabytes(m.SizeInBytes))]);
        if (evaluation.Answers > 0)
            sizes = sizes.Row(["top-1", .. models.Select(m => Format.Percent(m.Accuracy!.Value.Top1))]).Row(["top-5", .. models.Select(m => Format.Percent(m.Accuracy!.Value.Top5))]);
        console.Write(sizes);
        if (evaluation.Outputs.Count > 0)
        {
            var outputs = Tables.Create("", "output", "signal-to-noise", "mean cosine", "least cosine", "same largest").NumbersFrom(1);
            foreach (var output in evaluation.Outputs) outputs.Row(output.Name, Format.Decibels(output.Change.SignalToNoiseInDecibels), Cell(output, v => Cosine(v.MeanCosine)), Cell(output, v => Cosine(v.LeastCosine)), Cell(output, v => Format.Percent(v.Agreement)));
            console.Write(outputs);
        }

        var answers = evaluation.Answers > 0 ? $", {Format.Bytes(evaluation.Answers)} labels" : "";
        Terminal.WriteLine(console, $"{Format.Bytes(evaluation.Samples)} samples{answers}{(evaluation.Outputs.Count > 0 ? "; cosines and largest elements of vectors along the last axis" : "")}");
    }

    private static string Cell(ComparedOutput output, Func<Vision.VectorComparison, string> text) => output.Vectors is { } vectors ? text(vectors) : "other shapes";

    private static string Cosine(double value) => Format.Text($"{value:F4}");
}
