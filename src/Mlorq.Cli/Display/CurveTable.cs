using Mlorq.InterLayer;
using Spectre.Console;

namespace Mlorq.Cli.Display;

/// <summary>A curve as a table and a plot of characters.</summary>
internal static class CurveTable
{
    private const int Width = 72;
    private const int Height = 18;
    private const int Margin = 9;

    public static void Write(IAnsiConsole console, SizeCurve curve)
    {
        var isMeasured = curve.Points.Any(p => p.Measured is not null);
        var table = Tables.Create("Plans", ["budget", "size", "bytes", "expected", .. isMeasured ? (string[])["measured"] : [], ""]).NumbersFrom(0);
        table.Columns[^1].Alignment = Justify.Left;
        var rows = curve.Points.Select((p, i) => (p.Plan, p.Measured, Budget: Format.Megabytes(p.Plan.BudgetInBytes), Mark: i == curve.Knee ? "knee" : ""))
            .Concat(curve.Uniform.Select(u => (u.Plan, Measured: (OutputChange?)null, Budget: "", Mark: $"all layers {u.Format}")))
            .OrderBy(r => r.Plan.SizeInBytes);
        foreach (var (plan, measured, budget, mark) in rows)
        {
            string[] seen = isMeasured ? [measured is { } change ? Format.Decibels(change.SignalToNoiseInDecibels) : ""] : [];
            table.Row([budget, Format.Megabytes(plan.SizeInBytes), Format.Bytes(plan.SizeInBytes), Format.NoiseAsDecibels(plan.NoiseToSignal), .. seen, mark]);
        }

        console.Write(table);
        if (Plot(curve) is not { } lines) return;
        foreach (var line in lines) Terminal.WriteLine(console, line);
    }

    /// <summary>Signal-to-noise over size, both ends written beside the axes; null where there is nothing to draw.</summary>
    internal static IReadOnlyList<string>? Plot(SizeCurve curve)
    {
        var axes = CurveAxes.Of(curve);
        if (axes is null) return null;
        var field = Enumerable.Range(0, Height).Select(_ => Enumerable.Repeat(' ', Width).ToArray()).ToArray();
        void Put(double bytes, double decibels, char mark)
        {
            if (!double.IsFinite(decibels)) return;
            field[Height - 1 - (int)Math.Round(axes.Y(decibels) * (Height - 1))][(int)Math.Round(axes.X(bytes) * (Width - 1))] = mark;
        }

        foreach (var point in curve.Points) Put(point.Plan.SizeInBytes, Format.InDecibels(point.Plan.NoiseToSignal), '·');
        foreach (var uniform in curve.Uniform) Put(uniform.Plan.SizeInBytes, Format.InDecibels(uniform.Plan.NoiseToSignal), (char)('0' + uniform.Bits));
        foreach (var point in curve.Points.Where(p => p.Measured is not null)) Put(point.Plan.SizeInBytes, point.Measured!.Value.SignalToNoiseInDecibels, 'x');
        if (curve.Knee is { } knee) Put(curve.Points[knee].Plan.SizeInBytes, Format.InDecibels(curve.Points[knee].Plan.NoiseToSignal), 'K');
        return [.. field.Select((row, i) => Label(axes, i) + '│' + new string(row).TrimEnd()), new string(' ', Margin) + '└' + new string('─', Width), Sizes(axes), Legend(curve)];
    }

    private static string Label(CurveAxes axes, int row) =>
        (row == 0 ? Format.Decibels(axes.MostDecibels) : row == Height - 1 ? Format.Decibels(axes.LeastDecibels) : "").PadLeft(Margin);

    private static string Sizes(CurveAxes axes)
    {
        var (least, most) = (Format.Megabytes((long)axes.LeastBytes), Format.Megabytes((long)axes.MostBytes));
        return new string(' ', Margin + 1) + least + most.PadLeft(Width - least.Length);
    }

    private static string Legend(SizeCurve curve)
    {
        var marks = new List<string> { "· plans" };
        if (curve.Knee is not null) marks.Add("K knee");
        if (curve.Points.Any(p => p.Measured is not null)) marks.Add("x measured");
        if (curve.Uniform.Count > 0) marks.Add($"{string.Join(' ', curve.Uniform.Select(u => u.Bits))} one width for all linear layers");
        return new string(' ', Margin + 1) + string.Join("   ", marks);
    }
}
