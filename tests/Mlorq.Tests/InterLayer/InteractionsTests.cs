using Mlorq.InterLayer;
using Mlorq.IntraLayer;
using Mlorq.Layers;
using Mlorq.Onnx.Graphs;
using Mlorq.Quantization;
using Mlorq.Rounding;

namespace Mlorq.Tests.InterLayer;

public class InteractionsTests
{
    // A plan that is better by less than this gives way to a simpler one.
    private const double Tie = 0.01;

    private static readonly RunSettings Run = new() { Threads = 2 };
    private static readonly Model Tiny = TinyModels.TwoLayers().Build();
    private static readonly CalibrationSet Inputs = TinyModels.Calibration(Tiny);

    [Theory]
    [InlineData(7_000, SensitivityMethod.SampleGradients)]
    [InlineData(9_000, SensitivityMethod.SampleGradients)]
    [InlineData(12_000, SensitivityMethod.SampleGradients)]
    [InlineData(9_000, SensitivityMethod.Measured)]
    public void The_settled_plan_is_never_worse_than_the_plan_of_least_price(long bytes, SensitivityMethod method)
    {
        var options = TinyModels.Bytes(bytes) with { Sensitivity = method, Candidates = GradientPricing.Few };
        var analysis = Compressor.Analyze(Tiny, Inputs, options, Run);

        var plan = Interactions.Settle(analysis, Inputs, options, Run);

        Assert.True(plan.SizeInBytes <= bytes);
        Assert.Equal(method == SensitivityMethod.SampleGradients, analysis.Gradients is not null);
        var (settled, least) = (Measured(analysis, plan), Measured(analysis, Planner.Plan(analysis, options, Run)));
        Assert.True(settled <= least / (1 - Tie), $"{settled} against {least}");
    }

    [Fact]
    public void The_settled_plan_of_a_vision_transformer_is_never_worse()
    {
        var options = new CompressionOptions
        {
            Budget = new Budget.Ratio(11),
            SensitivitySamples = 16,
            Rounding = RoundingMethod.Nearest,
            Gradients = new GradientOptions { Samples = 8 },
            Candidates = new CandidateOptions { BitWidths = [BitWidth.Two, BitWidth.Four], Granularities = [Granularity.PerOutputChannel], FactorBitWidths = [BitWidth.Four], RankStep = 32 },
        };
        var analysis = Compressor.Analyze(VitFashion.Source, VitFashion.Calibration, options, Run);

        var plan = Interactions.Settle(analysis, VitFashion.Calibration, options, Run);

        using var measurement = new PlanMeasurement(analysis, VitFashion.Calibration.Take(16), new NearestRounding(), Run);
        var (settled, least) = (measurement.Measure(plan.Choices).NoiseToSignal, measurement.Measure(Planner.Plan(analysis, options, Run).Choices).NoiseToSignal);
        Assert.True(settled <= least / (1 - Tie), $"{settled} against {least}");
    }

    // The pair holds the very values of the dense candidate, so that measuring cannot tell them apart, and its price is lower.
    [Fact]
    public void A_tie_goes_to_the_plan_without_pairs()
    {
        var (analysis, options) = WithPair(dense => dense);
        Assert.Equal(1, PairsIn(Planner.Plan(analysis, options, Run)));
        Assert.Equal(0, PairsIn(Interactions.Settle(analysis, Inputs, options, Run)));
    }

    // The same with a pair whose values are the original's.
    [Fact]
    public void A_pair_that_is_really_better_stays()
    {
        var (analysis, options) = WithPair(dense => new RoundedLayer.Converted(dense.Layer, new Candidate.Single()));
        Assert.Equal(1, PairsIn(Interactions.Settle(analysis, Inputs, options, Run)));
    }

    [Fact]
    public void Pairs_stay_where_only_they_fit_the_budget()
    {
        var (analysis, options) = WithPair(dense => dense, bytesSaved: 500);
        var dense = analysis.Prices.Select(p => p.Where(i => !IsPair(p.Front.Candidates[i]))).ToList();
        var least = Assert.Throws<BudgetTooSmallException>(() => Planner.Plan(analysis with { Prices = dense }, options with { Budget = new Budget.Bytes(2_000) }, Run)).SmallestPossibleInBytes;
        // The functions of pairs have to fit as well: what the pair saves is more.
        Assert.Equal(1, PairsIn(Interactions.Settle(analysis, Inputs, options with { Budget = new Budget.Bytes(least - 1) }, Run)));
    }

    private static (Analysis Analysis, CompressionOptions Options) WithPair(Func<RoundedLayer, RoundedLayer> valuesOfPair, long bytesSaved = 0)
    {
        var options = TinyModels.Bytes(25_000) with { Candidates = GradientPricing.Few with { BitWidths = [BitWidth.Two], FactorBitWidths = [], ShrinkConstants = false } };
        var analysis = Compressor.Analyze(Tiny, Inputs, options, Run);
        var prices = analysis.Prices.Select(p => new PricedFront(p.Front with { Candidates = [p.Front.Candidates[0]] }, [p.Prices[0]])).ToList();
        var first = prices.FindIndex(p => p.Front.Layer is LinearLayer);
        var dense = prices[first].Front.Candidates[0];
        var format = ((Candidate.Dense)dense.Candidate).Format;
        var pair = dense with { SizeInBytes = dense.SizeInBytes - bytesSaved, Candidate = new Candidate.LowRank(16, format, format), Rounded = valuesOfPair(dense.Rounded!) };
        prices[first] = new PricedFront(prices[first].Front with { Candidates = [dense, pair] }, [prices[first].Prices[0], default]);
        // Without gradients prices are not taken anew.
        return (analysis with { Prices = prices, Gradients = null }, options);
    }

    private static bool IsPair(ScoredCandidate candidate) => candidate.Candidate is Candidate.LowRank;

    private static int PairsIn(CompressionPlan plan) => plan.Choices.Count(c => IsPair(c.Candidate));

    private static double Measured(Analysis analysis, CompressionPlan plan)
    {
        using var measurement = new PlanMeasurement(analysis, Inputs.Take(16), new CompensatedRounding(), Run);
        return measurement.Measure(plan.Choices).NoiseToSignal;
    }
}
