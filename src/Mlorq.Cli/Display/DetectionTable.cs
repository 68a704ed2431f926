using Mlorq.Vision;
using Spectre.Console;

namespace Mlorq.Cli.Display;

/// <summary>COCO's twelve figures in the words of the official tool, a column for each kind of comparison and model.</summary>
internal static class DetectionTable
{
    public static void Write(IAnsiConsole console, IEnumerable<(string Title, DetectionScores Scores)> scored)
    {
        var columns = scored.ToList();
        var figures = columns.Select(c => (Title: $"box {c.Title}", Summary: c.Scores.Box)).Concat(columns.Select(c => (Title: $"mask {c.Title}", Summary: c.Scores.Mask))).Where(f => f.Summary is not null).ToList();
        var table = Tables.Create("", ["", "IoU", "area", "maxDets", .. figures.Select(f => f.Title.TrimEnd())]).NumbersFrom(3);
        foreach (var (measure, i) in CocoMeasure.All.Select((m, i) => (m, i)))
        {
            string[] cells = [measure.IsPrecision ? "Average Precision (AP)" : "Average Recall (AR)", measure.Overlap, measure.Area, Format.Bytes(measure.MostDetections), .. figures.Select(f => Figure(f.Summary!.Figures[i]))];
            table.Row(cells);
        }

        console.Write(table);
    }

    private static string Figure(double? value) => value is { } number ? Format.Text($"{number:F3}") : "no objects";
}
