using Mlorq.InterLayer;
using Mlorq.IntraLayer;
using Mlorq.Layers;

namespace Mlorq.Resuming;

/// <summary>Priced fronts as bytes. Candidates are not kept rounded: rounding them again gives the same values.</summary>
internal static class PriceRecords
{
    private const string Section = AnalysisRecords.Prefix + "prices";

    /// <summary>Where the sums of a group of layers are kept while its candidates are priced.</summary>
    public static string Sums(int group) => $"{Section} {group}, sums of candidates";

    /// <summary>The prices of a group of layers of an interrupted run, or else computed and kept, without the sums that led to them.</summary>
    public static IReadOnlyList<PricedFront> Kept(SavedState? state, int group, IReadOnlyList<Layer> layers, Func<IReadOnlyList<PricedFront>> compute) =>
        SavedState.Once(state, $"{Section} {group}", r => Read(r, layers), Write, () =>
        {
            var prices = compute();
            state?.Drop(Sums(group));
            return prices;
        });

    public static void Write(BinaryWriter writer, IReadOnlyList<PricedFront> prices)
    {
        writer.Write(prices.Count);
        foreach (var price in prices)
        {
            writer.Write(price.Front.Layer.TensorName);
            Write(writer, price.Front.Candidates, price.Prices);
            Write(writer, price.Front.All, price.AllPrices);
        }
    }

    /// <summary>Reads what <see cref="Write(BinaryWriter, IReadOnlyList{PricedFront})"/> wrote, for the same layers.</summary>
    /// <exception cref="InvalidDataException">They are other layers.</exception>
    public static IReadOnlyList<PricedFront> Read(BinaryReader reader, IReadOnlyList<Layer> layers)
    {
        if (reader.ReadInt32() is var count && count != layers.Count) throw new InvalidDataException($"{count} layers where {layers.Count} should be");
        return [.. layers.Select(layer =>
        {
            if (reader.ReadString() is var name && name != layer.TensorName) throw new InvalidDataException($"'{name}' where '{layer.TensorName}' should be");
            var (candidates, prices) = ReadCandidates(reader);
            var (all, allPrices) = ReadCandidates(reader);
            return new PricedFront(new Front(layer, candidates, all), prices!) { AllPrices = allPrices };
        })];
    }

    private static void Write(BinaryWriter writer, IReadOnlyList<ScoredCandidate> candidates, IReadOnlyList<Price>? prices)
    {
        writer.Write(candidates.Count);
        writer.Write(prices is not null);
        for (var i = 0; i < candidates.Count; i++)
        {
            PlanRecords.Write(writer, candidates[i].Candidate);
            writer.Write(candidates[i].SizeInBytes);
            writer.Write(candidates[i].LocalError);
            if (prices is null) continue;
            writer.Write(prices[i].NoiseToSignal);
            writer.Write(prices[i].StandardError);
        }
    }

    private static (List<ScoredCandidate> Candidates, List<Price>? Prices) ReadCandidates(BinaryReader reader)
    {
        var (count, arePriced) = (reader.ReadInt32(), reader.ReadBoolean());
        var (candidates, prices) = (new List<ScoredCandidate>(), arePriced ? new List<Price>() : null);
        for (; count > 0; count--)
        {
            candidates.Add(new ScoredCandidate(PlanRecords.ReadCandidate(reader), reader.ReadInt64(), reader.ReadDouble()));
            prices?.Add(new Price(reader.ReadDouble(), reader.ReadDouble()));
        }

        return (candidates, prices);
    }
}
