using System.Globalization;
using System.Text;
using Mlorq.Onnx;

namespace Mlorq.Cli.Display;

/// <summary>A curve as a picture, readable on light and dark pages.</summary>
internal static class CurveSvg
{
    private const double Width = 760;
    private const double Height = 440;
    private const double Left = 64;
    private const double Right = 24;
    private const double Top = 24;
    private const double Bottom = 56;

    // Round distances of lines on the decibel axis.
    private const int Lines = 8;

    /// <summary>Writes the picture.</summary>
    /// <exception cref="OutputException">The file cannot be written.</exception>
    public static void Write(SizeCurve curve, string path) => TextFile.Write(path, Of(curve));

    /// <summary>The text of the picture.</summary>
    public static string Of(SizeCurve curve)
    {
        var axes = CurveAxes.Of(curve) ?? new CurveAxes(1, 2, 0, 1);
        var svg = new StringBuilder();
        Add(svg, $"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {Width} {Height}" width="{Width}" height="{Height}" role="img" aria-label="Signal-to-noise of the outputs over the size of the file" font-family="system-ui, sans-serif" font-size="12">""");
        svg.AppendLine("<style>svg{color:#222;background:#fff}.grid{stroke:currentColor;opacity:.15}.curve{fill:none;stroke:#2563eb;stroke-width:2}.plan{fill:#2563eb}.uniform{fill:#b45309}.knee{fill:none;stroke:#dc2626;stroke-width:2}.measured{stroke:#15803d;stroke-width:2}text{fill:currentColor}@media(prefers-color-scheme:dark){svg{color:#ddd;background:#161616}.curve{stroke:#60a5fa}.plan{fill:#60a5fa}.uniform{fill:#f59e0b}.knee{stroke:#f87171}.measured{stroke:#4ade80}}</style>");
        AddGrid(svg, axes);
        AddCurve(svg, curve, axes);
        AddMarks(svg, curve, axes);
        svg.AppendLine("</svg>");
        return svg.ToString();
    }

    private static void AddGrid(StringBuilder svg, CurveAxes axes)
    {
        for (var decibels = Math.Ceiling(axes.LeastDecibels / Step(axes)) * Step(axes); decibels <= axes.MostDecibels; decibels += Step(axes))
        {
            var y = Y(axes, decibels);
            Add(svg, $"""<line class="grid" x1="{Left}" x2="{Width - Right}" y1="{y:F1}" y2="{y:F1}"/><text x="{Left - 8}" y="{y + 4:F1}" text-anchor="end">{decibels:0.#}</text>""");
        }

        const int Columns = 6;
        for (var i = 0; i <= Columns; i++)
        {
            var bytes = axes.LeastBytes * Math.Pow(axes.MostBytes / axes.LeastBytes, (double)i / Columns);
            var x = X(axes, bytes);
            Add(svg, $"""<line class="grid" x1="{x:F1}" x2="{x:F1}" y1="{Top}" y2="{Height - Bottom}"/><text x="{x:F1}" y="{Height - Bottom + 18}" text-anchor="middle">{bytes / 1e6:G3}</text>""");
        }

        Add(svg, $"""<text x="{(Left + Width - Right) / 2}" y="{Height - 12}" text-anchor="middle">size of the file, MB (logarithmic)</text>""");
        Add(svg, $"""<text transform="translate(16 {(Top + Height - Bottom) / 2}) rotate(-90)" text-anchor="middle">signal-to-noise of the outputs, dB</text>""");
    }

    private static double Step(CurveAxes axes)
    {
        var least = Math.Max(1e-6, axes.MostDecibels - axes.LeastDecibels) / Lines;
        var power = Math.Pow(10, Math.Floor(Math.Log10(least)));
        return least <= 2 * power ? 2 * power : least <= 5 * power ? 5 * power : 10 * power;
    }

    private static void AddCurve(StringBuilder svg, SizeCurve curve, CurveAxes axes)
    {
        var points = curve.Points.Select(p => p.Plan).Where(p => p.NoiseToSignal > 0).ToList();
        var path = string.Join(' ', points.Select(p => string.Create(CultureInfo.InvariantCulture, $"{X(axes, p.SizeInBytes):F1},{Y(axes, Format.InDecibels(p.NoiseToSignal)):F1}")));
        Add(svg, $"""<polyline class="curve" points="{path}"/>""");
        foreach (var plan in points) Add(svg, $"""<circle class="plan" cx="{X(axes, plan.SizeInBytes):F1}" cy="{Y(axes, Format.InDecibels(plan.NoiseToSignal)):F1}" r="2.5"><title>{Describe(plan)}</title></circle>""");
    }

    private static void AddMarks(StringBuilder svg, SizeCurve curve, CurveAxes axes)
    {
        foreach (var (bits, format, plan) in curve.Uniform.Where(u => u.Plan.NoiseToSignal > 0))
        {
            var (x, y) = (X(axes, plan.SizeInBytes), Y(axes, Format.InDecibels(plan.NoiseToSignal)));
            // Beside the point, where neither the curve is, which lies above, nor a number of the axis.
            var (side, anchor) = x > Width - Right - 60 ? (-8, "end") : (8, "start");
            Add(svg, $"""<rect class="uniform" x="{x - 4:F1}" y="{y - 4:F1}" width="8" height="8"><title>all linear layers {format}: {Describe(plan)}</title></rect><text x="{x + side:F1}" y="{y + 4:F1}" text-anchor="{anchor}">{bits} bits</text>""");
        }

        foreach (var point in curve.Points.Where(p => p.Measured is { Noise: > 0 }))
        {
            var (x, y) = (X(axes, point.Plan.SizeInBytes), Y(axes, point.Measured!.Value.SignalToNoiseInDecibels));
            Add(svg, $"""<path class="measured" d="M{x - 4:F1} {y - 4:F1}l8 8m0 -8l-8 8"><title>measured: {point.Measured.Value.SignalToNoiseInDecibels:F1} dB</title></path>""");
        }

        if (curve.Knee is not { } knee) return;
        var chosen = curve.Points[knee].Plan;
        var (kneeX, kneeY) = (X(axes, chosen.SizeInBytes), Y(axes, Format.InDecibels(chosen.NoiseToSignal)));
        Add(svg, $"""<circle class="knee" cx="{kneeX:F1}" cy="{kneeY:F1}" r="7"/><text x="{kneeX - 10:F1}" y="{kneeY - 8:F1}" text-anchor="end">knee: {chosen.SizeInBytes / 1e6:F2} MB</text>""");
    }

    private static string Describe(CompressionPlan plan) => string.Create(CultureInfo.InvariantCulture, $"{plan.SizeInBytes / 1e6:F3} MB, {Format.InDecibels(plan.NoiseToSignal):F1} dB expected");

    private static double X(CurveAxes axes, double bytes) => Left + (axes.X(bytes) * (Width - Left - Right));

    private static double Y(CurveAxes axes, double decibels) => Height - Bottom - (axes.Y(decibels) * (Height - Top - Bottom));

    private static void Add(StringBuilder svg, FormattableString text) => svg.AppendLine(text.ToString(CultureInfo.InvariantCulture));
}
