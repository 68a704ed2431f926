using Mlorq.Cli.Display;
using Mlorq.IntraLayer;
using Mlorq.Layers;

namespace Mlorq.Cli.Report;

/// <summary>The layers of a plan, for a page.</summary>
internal static class ReportLayers
{
    /// <summary>The layers in graph order.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="outcomes">What became of them, in any order.</param>
    /// <param name="prices">Other forms; null where they are not known.</param>
    public static IEnumerable<object> Of(CompressionPlan plan, IReadOnlyList<LayerOutcome> outcomes, KnownPrices? prices)
    {
        var outcomeOf = outcomes.ToDictionary(o => o.Layer.TensorName);
        return plan.Choices.Select((choice, index) => new
        {
            Index = index + 1,
            choice.Layer.Name,
            Tensor = choice.Layer.TensorName,
            Kind = KindOf(choice.Layer),
            choice.Layer.Shape,
            choice.Layer.Parameters,
            OriginalSizeInBytes = OriginalSizeInBytes(choice.Layer),
            Form = choice.Candidate.Candidate.ToString(),
            Group = CompressionTable.Kind(choice.Candidate.Candidate),
            Bits = BitsOf(choice.Layer, choice.Candidate.Candidate),
            Rank = (choice.Candidate.Candidate as Candidate.LowRank)?.Rank,
            FullRank = choice.Layer is LinearLayer linear ? Math.Min(linear.OutFeatures, linear.InFeatures) : (int?)null,
            choice.Candidate.SizeInBytes,
            Cost = Json.Finite(choice.NoiseToSignal),
            StandardError = Json.Finite(choice.StandardError),
            Values = outcomeOf.TryGetValue(choice.Layer.TensorName, out var outcome) ? Json.Finite(outcome.Values.SignalToNoiseInDecibels) : null,
            Outputs = Json.Finite(outcome?.Outputs?.SignalToNoiseInDecibels),
            Cheaper = prices?.Next(choice, isBetter: false),
            Better = prices?.Next(choice, isBetter: true),
        });
    }

    /// <summary>The bytes of a layer's values in single precision, its bias included.</summary>
    public static long OriginalSizeInBytes(Layer layer) => sizeof(float) * (layer.Parameters + (layer is LinearLayer { Bias: { } bias } ? bias.Values.Length : 0));

    /// <summary>Bits of codes for each weight of the original, without scales.</summary>
    public static double BitsOf(Layer layer, Candidate candidate) => (layer, candidate) switch
    {
        (_, Candidate.Dense dense) => dense.Format.BitWidth.Bits,
        (LinearLayer linear, Candidate.MixedRows mixed) =>
            ((mixed.HighRows * (double)mixed.High.BitWidth.Bits) + ((linear.OutFeatures - mixed.HighRows) * (double)mixed.Low.BitWidth.Bits)) / linear.OutFeatures,
        (LinearLayer linear, Candidate.LowRank pair) =>
            pair.Rank * ((linear.OutFeatures * (double)pair.Left.BitWidth.Bits) + (linear.InFeatures * (double)pair.Right.BitWidth.Bits)) / layer.Parameters,
        (_, Candidate.Rows8) => 8,
        (_, Candidate.Half) => 16,
        _ => 32,
    };

    private static string KindOf(Layer layer) => layer switch
    {
        LinearLayer => "linear",
        TableLayer => "table",
        ConvolutionLayer => "convolution",
        BodyLayer => "body",
        _ => "constant",
    };
}
