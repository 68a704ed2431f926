using Mlorq.IntraLayer;

namespace Mlorq.InterLayer;

/// <summary>A front with the price of each of its candidates.</summary>
/// <param name="Front">The front.</param>
/// <param name="NoiseToSignal">For each candidate the noise-to-signal of the model's outputs that it is expected to make on its own.</param>
public sealed record PricedFront(Front Front, IReadOnlyList<double> NoiseToSignal)
{
    /// <summary>Some of the candidates.</summary>
    internal PricedFront Where(Func<int, bool> index)
    {
        var kept = Enumerable.Range(0, Front.Candidates.Count).Where(index).ToList();
        return new PricedFront(Front with { Candidates = [.. kept.Select(i => Front.Candidates[i])] }, [.. kept.Select(i => NoiseToSignal[i])]);
    }
}
