using System.Globalization;
using System.Text;
using Mlorq.Onnx;

namespace Mlorq.Cli.Display;

/// <summary>A curve as a table with commas.</summary>
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
            text.Append(CultureInfo.InvariantCulture, $"plan,{plan.BudgetInBytes},{plan.SizeInBytes},{Number(plan.NoiseToSignal)},{Number(Format.InDecibels(plan.NoiseToSignal))},");
            text.Append(CultureInfo.InvariantCulture, $"{Number(measured?.NoiseToSignal)},{Number(measured?.SignalToNoiseInDecibels)},{(i == curve.Knee ? 1 : 0)}\n");
        }

        foreach (var (_, format, plan) in curve.Uniform)
            text.Append(CultureInfo.InvariantCulture, $"uniform {format},,{plan.SizeInBytes},{Number(plan.NoiseToSignal)},{Number(Format.InDecibels(plan.NoiseToSignal))},,,0\n");
        TextFile.Write(path, text.ToString());
    }

    private static string Number(double? value) => Json.Finite(value) is { } number ? number.ToString("G6", CultureInfo.InvariantCulture) : "";
}
