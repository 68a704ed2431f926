using System.Globalization;

namespace Mlorq.Cli.Display;

/// <summary>Numbers as people read them; a point before decimals in every country.</summary>
internal static class Format
{
    public static string Megabytes(long bytes) => Text($"{bytes / 1e6:F3} MB");

    public static string Bytes(long bytes) => Text($"{bytes:N0}");

    public static string Times(double ratio) => Text($"{ratio:F2}x");

    public static string Percent(double share) => Text($"{100 * share:F1} %");

    public static string Points(double change) => Text($"{100 * change:+0.0;-0.0;0.0} points");

    public static string Decibels(double value) => double.IsNaN(value) ? "not known" : double.IsPositiveInfinity(value) ? "equal outputs" : Text($"{value:F1} dB");

    /// <summary>A noise-to-signal ratio as the signal-to-noise ratio that people know.</summary>
    public static string NoiseAsDecibels(double noiseToSignal) => Decibels(InDecibels(noiseToSignal));

    /// <summary>The same as a number.</summary>
    public static double InDecibels(double noiseToSignal) => -10 * Math.Log10(noiseToSignal);

    public static string Milliseconds(TimeSpan time) => Text($"{time.TotalMilliseconds:F2} ms");

    public static string Seconds(TimeSpan time) => Text($"{time.TotalSeconds:F1} s");

    public static string Shape(IEnumerable<long> shape) => $"[{string.Join(", ", shape)}]";

    public static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
