using Mlorq.IntraLayer;
using Mlorq.Layers;
using Mlorq.Rewriting;

namespace Mlorq.InterLayer;

/// <summary>One layer stored in one way, or many small constants together, whose effect on the outputs is measured.</summary>
/// <param name="Parts">The layers and how they are stored; all others stay as they are.</param>
internal sealed record Probe(IReadOnlyList<(Layer Layer, ScoredCandidate Candidate)> Parts)
{
    /// <summary>Whether it measures a pair of factors, whose error is of another kind: it leaves out whole directions.</summary>
    public bool IsLowRank => Parts[0].Candidate.Candidate is Candidate.LowRank;

    /// <summary>The initializers whose values it swaps.</summary>
    public IEnumerable<string> ConstantNames => Parts.SelectMany(p => SimulatedWeights.NamesOf(p.Layer));

    /// <summary>
    /// The probes of all fronts: a matrix near 4 and near 2 bits, the smallest and the largest pair of factors on the front, what has no such widths at
    /// 8 bits, and the many small constants, which at most turn to half precision, in one go.
    /// </summary>
    public static IReadOnlyList<Probe> Of(IReadOnlyList<Front> fronts)
    {
        var probes = new List<Probe>();
        var small = new List<(Layer, ScoredCandidate)>();
        foreach (var front in fronts)
        {
            var own = Candidates(front).Distinct().Select(c => new Probe([(front.Layer, c)])).ToList();
            probes.AddRange(own);
            if (own.Count == 0 && front.All.FirstOrDefault(c => c.Candidate is Candidate.Half) is { } half) small.Add((front.Layer, half));
        }

        if (small.Count > 0) probes.Add(new Probe(small));
        return probes;
    }

    private static IEnumerable<ScoredCandidate> Candidates(Front front)
    {
        var dense = front.All.Where(c => c.Candidate is Candidate.Dense).ToList();
        foreach (var bits in new[] { 4, 2 })
        {
            // The smallest of the nearest width: whole rows, symmetric.
            if (dense.Count > 0) yield return dense.MinBy(c => (Math.Abs(((Candidate.Dense)c.Candidate).Format.BitWidth.Bits - bits), c.SizeInBytes))!;
        }

        var lowRank = front.Candidates.Where(c => c.Candidate is Candidate.LowRank).ToList();
        if (lowRank.Count > 0) yield return lowRank[0];
        if (lowRank.Count > 1) yield return lowRank[^1];
        if (dense.Count == 0 && front.All.FirstOrDefault(c => c.Candidate is Candidate.Rows8) is { } rows) yield return rows;
    }
}
