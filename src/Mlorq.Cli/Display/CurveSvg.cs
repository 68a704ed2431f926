using System.Globalization;
using System.Text;
using Mlorq.Onnx;

namespace Mlorq.Cli.Display;

/// <summary>A point that is marked in the picture of a curve.</summary>
/// <param name="Text">What stands beside it.</param>
/// <param name="Style">The class of its sign.</param>
/// <param name="SizeInBytes">Where it is, across.</param>
/// <param name="Decibels">Where it is, up.</param>
internal sealed record CurveMark(string Text, string Style, long SizeInBytes, double Decibels);

/// <summary>A curve as a picture, readable on light and dark pages.</summary>
internal sealed class CurveSvg
{
    private const double UsualWidth = 760;
    private const double UsualHeight = 440;
    private const double Left = 64;
    private const double Right = 24;
    private const double Top = 24;
    private const double Bottom = 56;
    private const double LineHeight = 16;

    // Round distances of lines on the decibel axis.
    private const int Lines = 8;

    // Narrower pictures have no room for more numbers on their axis.
    private const double WidthOfColumn = 110;

    private readonly CurveAxes _axes;
    private readonly double _width;
    private readonly double _height;

    private CurveSvg(CurveAxes axes, double width, double height) => (_axes, _width, _height) = (axes, width, height);

    /// <summary>Writes the picture.</summary>
    /// <exception cref="OutputException">The file cannot be written.</exception>
    public static void Write(SizeCurve curve, string path) => TextFile.Write(path, Of(curve));

    /// <summary>The text of the picture.</summary>
    /// <param name="curve">The curve.</param>
    /// <param name="marks">Further points.</param>
    /// <param name="width">Pixels across.</param>
    /// <param name="height">Pixels down.</param>
    public static string Of(SizeCurve curve, IReadOnlyList<CurveMark>? marks = null, double width = UsualWidth, double height = UsualHeight)
    {
        var picture = new CurveSvg(CurveAxes.Of(curve, marks) ?? new CurveAxes(1, 2, 0, 1), width, height);
        var svg = new StringBuilder();
        Add(svg, $"""<svg xmlns="http://www.w3.org/2000/svg" class="size-curve" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" aria-label="Signal-to-noise of the outputs over the size of the file" font-family="system-ui, sans-serif" font-size="12">""");
        // Every rule names the picture, so that it can stand in a page.
        svg.AppendLine("<style>.size-curve{color:#222;background:#fff}.size-curve .grid{stroke:currentColor;opacity:.15}.size-curve .curve{fill:none;stroke:#2563eb;stroke-width:2}.size-curve .plan{fill:#2563eb}.size-curve .uniform{fill:#b45309}.size-curve .knee{fill:none;stroke:#dc2626;stroke-width:2}.size-curve .measured{stroke:#15803d;stroke-width:2}.size-curve text{fill:currentColor}@media(prefers-color-scheme:dark){.size-curve{color:#ddd;background:#161616}.size-curve .curve{stroke:#60a5fa}.size-curve .plan{fill:#60a5fa}.size-curve .uniform{fill:#f59e0b}.size-curve .knee{stroke:#f87171}.size-curve .measured{stroke:#4ade80}}</style>");
        picture.AddGrid(svg);
        picture.AddCurve(svg, curve);
        picture.AddSigns(svg, curve);
        marks ??= [];
        foreach (var mark in marks) picture.AddMark(svg, mark, marks);
        svg.AppendLine("</svg>");
        return svg.ToString();
    }

    private void AddGrid(StringBuilder svg)
    {
        for (var decibels = Math.Ceiling(_axes.LeastDecibels / Step()) * Step(); decibels <= _axes.MostDecibels; decibels += Step())
        {
            var y = Y(decibels);
            Add(svg, $"""<line class="grid" x1="{Left}" x2="{_width - Right}" y1="{y:F1}" y2="{y:F1}"/><text x="{Left - 8}" y="{y + 4:F1}" text-anchor="end">{decibels:0.#}</text>""");
        }

        var columns = (int)(_width / WidthOfColumn);
        for (var i = 0; i <= columns; i++)
        {
            var bytes = _axes.LeastBytes * Math.Pow(_axes.MostBytes / _axes.LeastBytes, (double)i / columns);
            var x = X(bytes);
            Add(svg, $"""<line class="grid" x1="{x:F1}" x2="{x:F1}" y1="{Top}" y2="{_height - Bottom}"/><text x="{x:F1}" y="{_height - Bottom + 18}" text-anchor="middle">{bytes / 1e6:G3}</text>""");
        }

        Add(svg, $"""<text x="{(Left + _width - Right) / 2}" y="{_height - 12}" text-anchor="middle">size of the file, MB (logarithmic)</text>""");
        Add(svg, $"""<text transform="translate(16 {(Top + _height - Bottom) / 2}) rotate(-90)" text-anchor="middle">signal-to-noise of the outputs, dB</text>""");
    }

    private double Step()
    {
        var least = Math.Max(1e-6, _axes.MostDecibels - _axes.LeastDecibels) / Lines;
        var power = Math.Pow(10, Math.Floor(Math.Log10(least)));
        return least <= 2 * power ? 2 * power : least <= 5 * power ? 5 * power : 10 * power;
    }

    private void AddCurve(StringBuilder svg, SizeCurve curve)
    {
        var points = curve.Points.Select(p => p.Plan).Where(p => p.NoiseToSignal > 0).ToList();
        var path = string.Join(' ', points.Select(p => string.Create(CultureInfo.InvariantCulture, $"{X(p.SizeInBytes):F1},{Y(Format.InDecibels(p.NoiseToSignal)):F1}")));
        Add(svg, $"""<polyline class="curve" points="{path}"/>""");
        foreach (var plan in points) Add(svg, $"""<circle class="plan" cx="{X(plan.SizeInBytes):F1}" cy="{Y(Format.InDecibels(plan.NoiseToSignal)):F1}" r="2.5"><title>{Describe(plan)}</title></circle>""");
    }

    private void AddSigns(StringBuilder svg, SizeCurve curve)
    {
        foreach (var (bits, format, plan) in curve.Uniform.Where(u => u.Plan.NoiseToSignal > 0))
        {
            var (x, y) = (X(plan.SizeInBytes), Y(Format.InDecibels(plan.NoiseToSignal)));
            // Beside the point, where neither the curve is, which lies above, nor a number of the axis.
            var (side, anchor) = x > _width - Right - 60 ? (-8, "end") : (8, "start");
            Add(svg, $"""<rect class="uniform" x="{x - 4:F1}" y="{y - 4:F1}" width="8" height="8"><title>all linear layers {format}: {Describe(plan)}</title></rect><text x="{x + side:F1}" y="{y + 4:F1}" text-anchor="{anchor}">{bits} bits</text>""");
        }

        foreach (var point in curve.Points.Where(p => p.Measured is { Noise: > 0 }))
        {
            var (x, y) = (X(point.Plan.SizeInBytes), Y(point.Measured!.Value.SignalToNoiseInDecibels));
            Add(svg, $"""<path class="measured" d="M{x - 4:F1} {y - 4:F1}l8 8m0 -8l-8 8"><title>measured: {point.Measured.Value.SignalToNoiseInDecibels:F1} dB</title></path>""");
        }

        if (curve.Knee is not { } knee) return;
        var chosen = curve.Points[knee].Plan;
        var (kneeX, kneeY) = (X(chosen.SizeInBytes), Y(Format.InDecibels(chosen.NoiseToSignal)));
        Add(svg, $"""<circle class="knee" cx="{kneeX:F1}" cy="{kneeY:F1}" r="7"/><text x="{kneeX + 10:F1}" y="{kneeY + 18:F1}">knee: {chosen.SizeInBytes / 1e6:F2} MB</text>""");
    }

    private void AddMark(StringBuilder svg, CurveMark mark, IReadOnlyList<CurveMark> all)
    {
        if (!double.IsFinite(mark.Decibels)) return;
        var (x, y) = (X(mark.SizeInBytes), Y(mark.Decibels));
        // The words of marks that nearly meet go apart, the upper ones up.
        var near = all.Where(m => m != mark && Math.Abs(X(m.SizeInBytes) - x) < 80 && Math.Abs(Y(m.Decibels) - y) < LineHeight).Select(m => Y(m.Decibels)).ToList();
        var shift = near.Count == 0 ? 0 : y <= near.Min() ? -LineHeight / 2 : LineHeight / 2;
        var (side, anchor) = x > _width / 2 ? (-12, "end") : (12, "start");
        Add(svg, $"""<g class="{mark.Style}"><circle cx="{x:F1}" cy="{y:F1}" r="6"><title>{mark.Text}: {mark.SizeInBytes / 1e6:F3} MB, {mark.Decibels:F1} dB</title></circle><text x="{x + side:F1}" y="{y + 4 + shift:F1}" text-anchor="{anchor}">{mark.Text}</text></g>""");
    }

    private static string Describe(CompressionPlan plan) => string.Create(CultureInfo.InvariantCulture, $"{plan.SizeInBytes / 1e6:F3} MB, {Format.InDecibels(plan.NoiseToSignal):F1} dB expected");

    private double X(double bytes) => Left + (_axes.X(bytes) * (_width - Left - Right));

    private double Y(double decibels) => _height - Bottom - (_axes.Y(decibels) * (_height - Top - Bottom));

    private static void Add(StringBuilder svg, FormattableString text) => svg.AppendLine(text.ToString(CultureInfo.InvariantCulture));
}
