namespace Mlorq.Cli.Display;

/// <summary>Where the points of a curve lie in a plot: sizes by their logarithm, signal-to-noise in decibels, both from 0 to 1.</summary>
internal sealed record CurveAxes(double LeastBytes, double MostBytes, double LeastDecibels, double MostDecibels)
{
    /// <summary>The axes that hold all points; null where there is no point with an error.</summary>
    public static CurveAxes? Of(SizeCurve curve, IReadOnlyList<CurveMark>? marks = null)
    {
        var plans = curve.Points.Select(p => p.Plan).Concat(curve.Uniform.Select(u => u.Plan)).ToList();
        var decibels = plans.Select(p => Format.InDecibels(p.NoiseToSignal))
            .Concat(curve.Points.Select(p => p.Measured?.SignalToNoiseInDecibels ?? double.NaN))
            .Concat((marks ?? []).Select(m => m.Decibels))
            .Where(double.IsFinite)
            .ToList();
        var sizes = plans.Select(p => p.SizeInBytes).Concat((marks ?? []).Select(m => m.SizeInBytes)).ToList();
        return decibels.Count == 0 ? null : new CurveAxes(sizes.Min(), sizes.Max(), decibels.Min(), decibels.Max());
    }

    public double X(double bytes) => Along(Math.Log(bytes), Math.Log(LeastBytes), Math.Log(MostBytes));

    public double Y(double decibels) => Along(decibels, LeastDecibels, MostDecibels);

    private static double Along(double value, double start, double end) => end > start ? Math.Clamp((value - start) / (end - start), 0, 1) : 0.5;
}
