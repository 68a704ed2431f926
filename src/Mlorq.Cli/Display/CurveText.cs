using System.Globalization;
using System.Text;
using System.Text.Json;
using Mlorq.Onnx;

namespace Mlorq.Cli.Display;

/// <summary>A curve for scripts: a table with commas, and JSON.</summary>
internal static class CurveText
{
    /// <summary>A table: points of the curve and one width for all, by rising size.</summary>
    /// <exception cref="OutputException">The file cannot be written.</exception>
    public static void WriteCsv(SizeCurve curve, string path)
    {
        var text = new StringBuilder("kind,budget_bytes,size_bytes,noise_to_signal,snr_db,measured_noise_to_signal,measured_snr_db,is_knee\n");
        for (var i = 0; i < curve.Points.Count; i++)
        {
            var (plan, measured) = curve.Points[i];
            text.Append(CultureInfo.InvariantCulture, $"plan,{plan.BudgetInBytes},{plan.SizeInBytes},{Number(plan.NoiseToSignal)},{Number(Decibels(plan.NoiseToSignal))},");
            text.Append(CultureInfo.InvariantCulture, $"{Number(measured?.NoiseToSignal)},{Number(measured?.SignalToNoiseInDecibels)},{(i == curve.Knee ? 1 : 0)}\n");
        }

        foreach (var (_, format, plan) in curve.Uniform)
            text.Append(CultureInfo.InvariantCulture, $"uniform {format},,{plan.SizeInBytes},{Number(plan.NoiseToSignal)},{Number(Decibels(plan.NoiseToSignal))},,,0\n");
        TextFile.Write(path, text.ToString());
    }

    public static string Json(SizeCurve curve) => JsonSerializer.Serialize(
        new
        {
            Points = curve.Points.Select((p, i) => new
            {
                p.Plan.BudgetInBytes,
                p.Plan.SizeInBytes,
                p.Plan.NoiseToSignal,
                SignalToNoiseInDecibels = Finite(Decibels(p.Plan.NoiseToSignal)),
                MeasuredNoiseToSignal = p.Measured?.NoiseToSignal,
                MeasuredSignalToNoiseInDecibels = Finite(p.Measured?.SignalToNoiseInDecibels),
                p.Plan.OptimalityGap,
                IsKnee = i == curve.Knee,
            }),
            Uniform = curve.Uniform.Select(u => new { u.Bits, u.Format, u.Plan.SizeInBytes, u.Plan.NoiseToSignal, SignalToNoiseInDecibels = Finite(Decibels(u.Plan.NoiseToSignal)) }),
        },
        Display.Json.Options);

    /// <summary>A noise-to-signal ratio as the signal-to-noise ratio that people know.</summary>
    public static double Decibels(double noiseToSignal) => -10 * Math.Log10(noiseToSignal);

    // JSON has no infinity: null stands for equal outputs.
    private static double? Finite(double? value) => value is { } number && double.IsFinite(number) ? number : null;

    private static string Number(double? value) => value is { } number && double.IsFinite(number) ? number.ToString("G6", CultureInfo.InvariantCulture) : "";
}
