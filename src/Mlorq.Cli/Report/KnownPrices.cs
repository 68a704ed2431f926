using Mlorq.InterLayer;

namespace Mlorq.Cli.Report;

/// <summary>A way to store a layer, with what it takes and costs.</summary>
/// <param name="Form">Its name.</param>
/// <param name="SizeInBytes">Bytes in the file.</param>
/// <param name="Cost">Expected noise-to-signal of the outputs.</param>
internal sealed record PricedForm(string Form, long SizeInBytes, double Cost);

/// <summary>What a report keeps of an analysis: the curve, and each layer's front.</summary>
/// <param name="Curve">Size against error, by prices alone.</param>
/// <param name="Fronts">For each layer's tensor the forms that none beats in bytes and price, by rising size.</param>
internal sealed record KnownPrices(SizeCurve Curve, IReadOnlyDictionary<string, IReadOnlyList<PricedForm>> Fronts)
{
    // Enough for a smooth line.
    private const int Budgets = 25;

    /// <summary>Solves for some budgets.</summary>
    public static KnownPrices Of(Analysis analysis, CompressionOptions options, RunSettings run) => new(
        SizeCurve.Of(analysis, SizeCurve.Budgets(analysis, Budgets, options, run), options, run),
        analysis.Prices.ToDictionary(p => p.Front.Layer.TensorName, Forms));

    /// <summary>The next form on a layer's front that takes less (or, for <paramref name="isBetter"/>, costs less); null where there is none.</summary>
    public PricedForm? Next(Choice choice, bool isBetter)
    {
        if (!Fronts.TryGetValue(choice.Layer.TensorName, out var forms)) return null;
        var size = choice.Candidate.SizeInBytes;
        return isBetter ? forms.FirstOrDefault(f => f.SizeInBytes > size) : forms.LastOrDefault(f => f.SizeInBytes < size);
    }

    private static IReadOnlyList<PricedForm> Forms(PricedFront priced) =>
        [.. priced.Front.Candidates.Zip(priced.Prices, (c, p) => new PricedForm(c.Candidate.ToString()!, c.SizeInBytes, p.NoiseToSignal)).OrderBy(f => f.SizeInBytes)];
}
