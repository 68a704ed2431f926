using Mlorq.IntraLayer;
using Mlorq.Layers;
using Mlorq.Rewriting;

namespace Mlorq.InterLayer;

/// <summary>
/// A function is paid once, whoever calls it, which a knapsack cannot say. So sets of functions are branched on: with some of them paid for, some
/// excluded and the others free of charge, the knapsack's solution bounds all plans of the branch, and is a plan itself once all that it calls is paid for.
/// The first plan is made of what the solution calls with all functions free, and from then on only branches are looked into that may have a better one.
/// </summary>
internal sealed class FunctionSearch
{
    private readonly IReadOnlyList<PricedFront> _prices;
    private readonly List<List<List<string>>> _calls;
    private readonly List<string> _always;
    private readonly List<string> _optional;
    private readonly Func<Layer, Candidate, IEnumerable<string>> _callsOf;
    private readonly Func<IReadOnlySet<string>, long> _fixedSize;
    private readonly Solver _solve;
    private Solution? _best;
    private Onnx.MlorqException? _refusal;

    // What is proved of branches that were left without proof that they hold nothing better.
    private double _bound = double.PositiveInfinity;

    /// <summary>The best choice for given fronts and fixed bytes that is better than a known one, null where none was found; and what any choice costs at least.</summary>
    public delegate (Solution? Solution, double LowerBound) Solver(IReadOnlyList<PricedFront> fronts, long fixedSize, double below);

    /// <summary>A search over the functions that some candidates call.</summary>
    /// <param name="prices">Priced fronts.</param>
    /// <param name="callsOf">The functions that a candidate calls.</param>
    /// <param name="fixedSize">What a file holds besides the layers, in bytes, for a set of functions.</param>
    /// <param name="solve">The best choice.</param>
    public FunctionSearch(
        IReadOnlyList<PricedFront> prices,
        Func<Layer, Candidate, IEnumerable<string>> callsOf,
        Func<IReadOnlySet<string>, long> fixedSize,
        Solver solve)
    {
        (_prices, _callsOf, _fixedSize, _solve) = (prices, callsOf, fixedSize, solve);
        _calls = [.. prices.Select(p => p.Front.Candidates.Select(c => CallsOf(p.Front.Layer, c)).ToList())];
        var offered = _calls.SelectMany(layer => layer.SelectMany(c => c)).Distinct().Order(StringComparer.Ordinal).ToList();
        // Functions of kernels and of layers that stay float among others, of which models seldom have many, are always paid for where they are offered.
        var ofKernels = prices.Zip(_calls).Where(p => p.First.Front.Layer is ConvolutionLayer or BodyLayer).SelectMany(p => p.Second.SelectMany(c => c)).Where(KernelFunctions.Names.Contains).ToHashSet();
        _always = offered.FindAll(f => ofKernels.Contains(f) || LinearFunctions.IsFloat(f));
        _optional = offered.FindAll(f => !_always.Contains(f));
    }

    /// <summary>The best plan over all sets of functions.</summary>
    /// <exception cref="BudgetTooSmallException">Even the smallest candidates do not fit.</exception>
    /// <exception cref="TimeTooShortException">No plan within the budget is fast enough; the time named is that of a plan whose functions are not all paid for, or of a real one.</exception>
    public Solution Solve()
    {
        Branch([], [], double.NegativeInfinity);
        if (_best is not null) return _best with { OptimalityGap = Math.Max(0, _best.NoiseToSignal - _bound) };
        if (_refusal is not null) throw _refusal;
        // The smallest plan does not fit either, and says so.
        var smallest = Smallest();
        return _solve(Fronts(smallest)!, _fixedSize(smallest), double.PositiveInfinity).Solution!;
    }

    private List<string> CallsOf(Layer layer, ScoredCandidate candidate) => [.. _callsOf(layer, candidate.Candidate)];

    // All plans of the branch are known to cost at least so much.
    private void Branch(HashSet<string> paid, HashSet<string> excluded, double least)
    {
        if (_best is not null && least >= _best.NoiseToSignal) return;
        if (Bounded(paid, _optional.Where(f => !excluded.Contains(f))) is not var (solution, bound)) return;
        least = Math.Max(least, bound);
        var unpaid = solution is null ? [] : Unpaid(solution, paid);
        if (unpaid.Count == 0)
        {
            _bound = Math.Min(_bound, least);
            Keep(solution);
            return;
        }

        // The first plan.
        if (paid.Count == 0 && excluded.Count == 0) Keep(Bounded([.. unpaid], unpaid)?.Solution);
        Branch([.. paid, unpaid[0]], excluded, least);
        Branch(paid, [.. excluded, unpaid[0]], least);
    }

    private void Keep(Solution? solution)
    {
        if (solution is not null && (_best is null || solution.NoiseToSignal < _best.NoiseToSignal)) _best = solution;
    }

    private List<string> Unpaid(Solution solution, HashSet<string> paid)
    {
        var called = solution.Choices.SelectMany(c => CallsOf(c.Layer, c.Candidate)).ToHashSet();
        return _optional.FindAll(f => called.Contains(f) && !paid.Contains(f));
    }

    // The best choice with some functions where some are paid for, if it is better than the best plan so far; null where nothing can be chosen.
    private (Solution? Solution, double LowerBound)? Bounded(HashSet<string> paid, IEnumerable<string> offered)
    {
        if (Fronts(offered) is not { } fronts) return null;
        try
        {
            return _solve(fronts, _fixedSize(Paid(paid)), _best?.NoiseToSignal ?? double.PositiveInfinity);
        }
        catch (BudgetTooSmallException)
        {
            return null;
        }
        catch (Onnx.MlorqException e) when (e is OptionsException or TimeTooShortException)
        {
            // No uniform format with these functions alone, or none that is fast enough; other sets may have one.
            _refusal = e;
            return null;
        }
    }

    private HashSet<string> Paid(IEnumerable<string> functions) => [.. _always, .. functions];

    // What can be chosen with some of the optional functions; null where a layer is left without a candidate.
    private List<PricedFront>? Fronts(IEnumerable<string> functions)
    {
        var allowed = Paid(functions);
        var fronts = _prices.Zip(_calls, (price, layer) => price.Where(i => layer[i].TrueForAll(allowed.Contains))).ToList();
        return fronts.Exists(f => f.Front.Candidates.Count == 0) ? null : fronts;
    }

    // The functions of the smallest plan, branched on in the same way: where all of them are free but those that are paid for, no plan of the branch is smaller.
    private HashSet<string> Smallest()
    {
        var (functions, least) = (new HashSet<string>(), long.MaxValue);
        Visit([], []);
        return functions;

        void Visit(HashSet<string> paid, HashSet<string> excluded)
        {
            if (Fronts(_optional.Where(f => !excluded.Contains(f))) is not { } fronts) return;
            var choices = fronts.ConvertAll(f => (f.Front.Layer, Candidate: f.Front.Candidates.MinBy(c => c.SizeInBytes)!));
            var size = _fixedSize(Paid(paid)) + choices.Sum(c => c.Candidate.SizeInBytes);
            if (size >= least) return;
            var called = choices.SelectMany(c => CallsOf(c.Layer, c.Candidate)).ToHashSet();
            if (_optional.Find(f => called.Contains(f) && !paid.Contains(f)) is not { } next)
            {
                (functions, least) = (Paid(paid), size);
                return;
            }

            Visit([.. paid, next], excluded);
            Visit(paid, [.. excluded, next]);
        }
    }
}
