using Mlorq.IntraLayer;
using Mlorq.Layers;
using Mlorq.Timing;

namespace Mlorq.InterLayer;

/// <summary>A front with the price of each of its candidates.</summary>
/// <param name="Front">The front.</param>
/// <param name="Prices">For each candidate what it is expected to do to the model's outputs.</param>
public sealed record PricedFront(Front Front, IReadOnlyList<Price> Prices)
{
    /// <summary>The prices of <see cref="Front.All"/>, in its order; null where only those of the front are known.</summary>
    internal IReadOnlyList<Price>? AllPrices { get; init; }

    /// <summary>The front of all candidates of a layer in bytes and price, see <see cref="Front.Kept"/>. Only what is on it is kept rounded.</summary>
    internal static PricedFront Of(Layer layer, IReadOnlyList<ScoredCandidate> all, IReadOnlyList<Price> prices, Allocation allocation)
    {
        // Weights near the end of single precision, as damaged files have them: what overflows has no price, and cannot be chosen.
        if (prices.Any(p => !double.IsFinite(p.NoiseToSignal)))
        {
            var known = Enumerable.Range(0, all.Count).Where(i => double.IsFinite(prices[i].NoiseToSignal)).ToList();
            if (known.Count == 0) throw new CalibrationException($"Weights or gradients of '{layer.Name}' are so large that no way to store it has a price. Check the model and the preprocessing, or leave the layer out with --exclude.");
            (all, prices) = ([.. known.Select(i => all[i])], [.. known.Select(i => prices[i])]);
        }

        var items = all.Zip(prices, (c, p) => new TimedItem(c.SizeInBytes, c.Nanoseconds, p.NoiseToSignal)).ToList();
        var kept = Front.Kept(items, allocation);
        return new PricedFront(new Front(layer, [.. kept.Select(i => all[i])], [.. all.Select(c => c with { Rounded = null })]), [.. kept.Select(i => prices[i])]) { AllPrices = prices };
    }

    /// <summary>Without rounded candidates.</summary>
    internal PricedFront Unrounded() => this with { Front = Front with { Candidates = [.. Front.Candidates.Select(c => c with { Rounded = null })] } };

    /// <summary>With the times of its candidates.</summary>
    internal PricedFront In(LayerTimes times) => this with { Front = Front with { Candidates = Timed(Front.Candidates, times), All = Timed(Front.All, times) } };

    /// <summary>What the solver knows of the candidates.</summary>
    internal IReadOnlyList<TimedItem> Items => [.. Front.Candidates.Zip(Prices, (c, p) => new TimedItem(c.SizeInBytes, c.Nanoseconds, p.NoiseToSignal))];

    /// <summary>The choice of one of the candidates.</summary>
    internal Choice Choose(int index) => new(Front.Layer, Front.Candidates[index], Prices[index].NoiseToSignal, Prices[index].StandardError);

    /// <summary>Where a candidate is on the front; −1 where it is not.</summary>
    internal int IndexOf(Candidate candidate)
    {
        for (var i = 0; i < Front.Candidates.Count; i++)
        {
            if (Front.Candidates[i].Candidate == candidate) return i;
        }

        return -1;
    }

    /// <summary>The choice of a candidate that was priced, on the front or not; null where it was not.</summary>
    internal Choice? Find(Candidate candidate)
    {
        if (IndexOf(candidate) is >= 0 and var index) return Choose(index);
        for (var i = 0; AllPrices is { } prices && i < prices.Count; i++)
        {
            if (Front.All[i].Candidate == candidate) return new Choice(Front.Layer, Front.All[i], prices[i].NoiseToSignal, prices[i].StandardError);
        }

        return null;
    }

    private List<ScoredCandidate> Timed(IEnumerable<ScoredCandidate> candidates, LayerTimes times) => [.. candidates.Select(c => times.Timed(Front.Layer, c))];

    /// <summary>The front of the candidates that are allowed: what others beat that are not may be on it.</summary>
    internal PricedFront Allowing(Func<Candidate, bool> allows, Allocation allocation)
    {
        if (AllPrices is not { } prices) return Where(i => allows(Front.Candidates[i].Candidate));
        var allowed = Enumerable.Range(0, Front.All.Count).Where(i => allows(Front.All[i].Candidate)).ToList();
        var kept = Front.Kept([.. allowed.Select(i => new TimedItem(Front.All[i].SizeInBytes, Front.All[i].Nanoseconds, prices[i].NoiseToSignal))], allocation).Select(k => allowed[k]).ToList();
        // Only what was on the front is there rounded.
        return this with { Front = Front with { Candidates = [.. kept.Select(i => IndexOf(Front.All[i].Candidate) is >= 0 and var at ? Front.Candidates[at] : Front.All[i])] }, Prices = [.. kept.Select(i => prices[i])] };
    }

    /// <summary>Some of the candidates.</summary>
    internal PricedFront Where(Func<int, bool> index)
    {
        var kept = Enumerable.Range(0, Front.Candidates.Count).Where(index).ToList();
        return new PricedFront(Front with { Candidates = [.. kept.Select(i => Front.Candidates[i])] }, [.. kept.Select(i => Prices[i])]);
    }
}
