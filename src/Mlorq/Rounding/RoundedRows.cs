using Mlorq.Quantization;

namespace Mlorq.Rounding;

/// <summary>A layer's rounded matrix with what each of its rows has of the error in the layer's measure.</summary>
/// <param name="Weight">Ŵ [out, in].</param>
/// <param name="Errors">[out].</param>
internal sealed record RoundedRows(QuantizedMatrix Weight, double[] Errors)
{
    public static RoundedRows Of(LayerRounding rounding, QuantizedMatrix weight) =>
        new(weight, rounding.Metric.RowErrors(rounding.Weight, weight.Dequantize()));

    /// <summary>Marks the rows whose error falls most from one format to the other; of equal ones the first.</summary>
    public static bool[] Highest(RoundedRows low, RoundedRows high, int count)
    {
        var result = new bool[low.Errors.Length];
        var order = Enumerable.Range(0, result.Length).OrderByDescending(i => low.Errors[i] - high.Errors[i]).ThenBy(i => i);
        foreach (var row in order.Take(count)) result[row] = true;
        return result;
    }
}
