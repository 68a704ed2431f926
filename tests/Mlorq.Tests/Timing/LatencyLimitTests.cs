using Mlorq.InterLayer;
using Mlorq.IntraLayer;
using Mlorq.Layers;
using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Tests;
using Mlorq.TestKit;
using Mlorq.Tests.InterLayer;
using Mlorq.Timing;

namespace Mlorq.Tests.Timing;

public sealed class LatencyLimitTests
{
    private static readonly RunSettings Run = new() { Threads = 2 };
    private static readonly Model Tiny = TinyModels.TwoLayers().Build();
    private static readonly CalibrationSet Inputs = TinyModels.Calibration(Tiny);
    private static readonly KernelTable Table = Tables.Of(Tiny, RandomInputs.For(Tiny, 8, seed: 3));
    private static readonly CompressionOptions Options = TinyModels.Bytes(14_000) with
    {
        Candidates = GradientPricing.Few with { FactorBitWidths = [Mlorq.Quantization.BitWidth.Four, Mlorq.Quantization.BitWidth.Eight] },
        Rounding = RoundingMethod.Nearest,
        Tuning = new TuningOptions { Method = TuningMethod.None },
    };

    // The two layers at 4 bits take 0.086 ms, the rest 0.1; factors of low rank are all that is faster.
    [Theory]
    [InlineData(RuntimeProfile.Memory, 0.150)]
    [InlineData(RuntimeProfile.Speed, 0.120)]
    public void A_plan_keeps_budget_and_latency_and_the_file_says_so(RuntimeProfile runtime, double milliseconds)
    {
        var options = Options with { Runtime = runtime, Latency = new LatencyLimit(milliseconds, Table) };
        var result = Compressor.Compress(Tiny, Inputs, options, Run);
        var latency = result.Plan.Latency!;

        Assert.True(latency.IsMet);
        Assert.True(result.Plan.SizeInBytes <= 14_000);
        var times = LayerTimes.Of(Table, runtime);
        Assert.Equal(times.RestInNanoseconds + result.Plan.Choices.Sum(c => times.NanosecondsOf(c.Layer, c.Candidate.Candidate)), latency.PredictedInNanoseconds);
        Assert.Contains(result.Plan.Choices, c => c.Candidate.Candidate is Candidate.LowRank);
        Assert.Equal(Table.Hash, result.Model.Metadata["mlorq.kernels"]);
        Assert.Equal($"{milliseconds:F3}", result.Model.Metadata["mlorq.latency_limit"]);
        Assert.Equal(latency.PredictedInNanoseconds / 1e6, double.Parse(result.Model.Metadata["mlorq.latency"], System.Globalization.CultureInfo.InvariantCulture), 0.001);
        using var folder = new TemporaryFolder();
        CompressedFile.Write(result, folder.File("out.onnx"), Inputs, Run);

        var free = Compressor.Compress(Tiny, Inputs, Options with { Runtime = runtime }, Run);
        Assert.Null(free.Plan.Latency);
        Assert.True(free.Plan.NoiseToSignal < result.Plan.NoiseToSignal);
        Assert.DoesNotContain("mlorq.latency", free.Model.Metadata.Keys);
    }

    [Fact]
    public void The_plan_of_least_price_is_the_best_of_all_within_both_limits()
    {
        var options = Options with { Latency = new LatencyLimit(0.150, Table) };
        var analysis = Compressor.Analyze(Tiny, Inputs, options, Run);

        var plan = Planner.Plan(analysis, options, Run);

        var best = double.MaxValue;
        Visit(0, []);
        Assert.Equal(best, plan.NoiseToSignal, 1e-9 * best);
        Assert.Equal(0, plan.OptimalityGap, 1e-9 * best);

        void Visit(int layer, List<Choice> choices)
        {
            if (layer < analysis.Prices.Count)
            {
                for (var i = 0; i < analysis.Prices[layer].Front.Candidates.Count; i++) Visit(layer + 1, [.. choices, analysis.Prices[layer].Choose(i)]);
                return;
            }

            if (choices.Sum(c => c.NoiseToSignal) >= best) return;
            var whole = Planner.Of(analysis, choices, plan.BudgetInBytes, 0, options, options.Times());
            if (whole.SizeInBytes <= plan.BudgetInBytes && whole.Latency!.IsMet) best = whole.NoiseToSignal;
        }
    }

    [Fact]
    public void A_limit_that_cannot_be_met_is_refused_with_the_least_latency_which_can()
    {
        CompressionOptions Within(double milliseconds) => Options with { Latency = new LatencyLimit(milliseconds, Table) };

        var refusal = Assert.Throws<TimeTooShortException>(() => Compressor.Compress(Tiny, Inputs, Within(0.101), Run));

        Assert.Equal(101_000, refusal.LimitInNanoseconds);
        Assert.Contains("the latency limit of 0.101 ms cannot be met", refusal.Message, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("the rest of the model 0.100", refusal.Message, StringComparison.Ordinal);
        var least = Compressor.Compress(Tiny, Inputs, Within(refusal.LeastInNanoseconds / 1e6), Run).Plan;
        Assert.Equal(refusal.LeastInNanoseconds, least.Latency!.PredictedInNanoseconds);
    }

    // Factors are all that is faster than 4 bits here, and a pinned layer may not have them.
    [Fact]
    public void A_limit_is_kept_under_rules_and_what_they_make_impossible_is_refused()
    {
        CompressionOptions Under(params LayerRule[] rules) =>
            Options with { Latency = new LatencyLimit(0.160, Table), Candidates = Options.Candidates with { Rules = rules } };
        var names = Compressor.Compress(Tiny, Inputs, Under(), Run).Plan.Choices.Where(c => c.Layer is LinearLayer).Select(c => c.Layer.Name).ToList();

        var plan = Compressor.Compress(Tiny, Inputs, Under(LayerRule.ParsePin($"{names[1]}=4")), Run).Plan;
        Assert.True(plan.Latency!.IsMet);
        Assert.Equal(4, Assert.IsType<Candidate.Dense>(plan.Choices.Single(c => c.Layer.Name == names[1]).Candidate.Candidate).Format.BitWidth.Bits);

        var refusal = Assert.Throws<TimeTooShortException>(() => Compressor.Compress(Tiny, Inputs, Under(LayerRule.ParsePin($"{names[0]}=4"), LayerRule.ParsePin($"{names[1]}=4")), Run));
        Assert.Equal(LayerTimes.Of(Table, RuntimeProfile.Memory).RestInNanoseconds + (8 * ((64 * 96) + (96 * 48))), refusal.LeastInNanoseconds);
        Assert.Contains("let go of rules", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Activations_that_no_table_has_are_refused()
    {
        var limited = Options with { Latency = new LatencyLimit(1, Table) };
        CompressionOptions[] refused =
            [limited with { Runtime = RuntimeProfile.Speed, Activations = new ActivationOptions { Scales = IntegerScales.Static } }, limited with { Activations = new ActivationOptions { SimulatedBits = 4 } }];
        Assert.All(refused, o => Assert.Contains("limit on latency", Assert.Throws<OptionsException>(o.EnsureValid).Message, StringComparison.Ordinal));
        Assert.All(refused, o => (o with { Latency = null }).EnsureValid());
    }

    [Theory]
    [InlineData(SensitivityMethod.SampleGradients)]
    [InlineData(SensitivityMethod.Measured)]
    public void Fronts_keep_what_is_faster_and_are_the_same_where_all_take_the_same_time(SensitivityMethod method)
    {
        IReadOnlyList<PricedFront> Fronts(KernelTable? table) =>
            Compressor.Analyze(Tiny, Inputs, Options with { Sensitivity = method, Latency = table is null ? null : new LatencyLimit(1, table) }, Run).Prices;
        var level = Table with { Products = [.. Table.Products.Select(p => p with { Time = new MeasuredTime(1, 1, 1) })] };

        var times = LayerTimes.Of(Table, RuntimeProfile.Memory);
        var (without, with, same) = (Fronts(null), Fronts(Table), Fronts(level));

        for (var i = 0; i < without.Count; i++)
        {
            Assert.Equal(without[i].Front.Candidates.Select(c => c.Candidate), same[i].Front.Candidates.Select(c => c.Candidate));
            if (without[i].Front.Layer is not LinearLayer layer) continue;
            Assert.All(with[i].Front.Candidates, c => Assert.Equal(times.NanosecondsOf(layer, c.Candidate), c.Nanoseconds));
            // The fastest of all forms is a pair of the least rank, which no front over bytes and price alone needs to have.
            Assert.Equal(times.NanosecondsOf(layer, Mlorq.IntraLayer.FactorPairs.Offered(layer, 16, Options.Candidates).First()), with[i].Front.Candidates.Min(c => c.Nanoseconds));
            Assert.InRange(with[i].Front.Candidates.Count, without[i].Front.Candidates.Count, int.MaxValue);
        }
    }

    [Fact]
    public void A_table_of_another_model_is_refused_before_the_long_work()
    {
        var other = TinyModels.Text().Build();
        var options = Options with { Latency = new LatencyLimit(1, Tables.Of(other, RandomInputs.For(other, 2, seed: 1))) };
        Assert.Contains("another model", Assert.Throws<KernelTableException>(() => Compressor.Compress(Tiny, Inputs, options, Run)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(double.NaN)]
    [InlineData(1e12)]
    public void A_limit_out_of_range_is_named(double milliseconds) =>
        Assert.Contains("latency limit", Assert.Throws<OptionsException>(() => (Options with { Latency = new LatencyLimit(milliseconds, Table) }).EnsureValid()).Message, StringComparison.Ordinal);

    [Fact]
    public void A_uniform_plan_keeps_the_limit_as_well()
    {
        var options = Options with { Budget = new Budget.Bytes(40_000), Allocation = Allocation.Uniform, Latency = new LatencyLimit(0.19, Table) };
        var plan = Compressor.Compress(Tiny, Inputs, options, Run).Plan;
        Assert.True(plan.Latency!.IsMet);
        Assert.All(plan.Choices.Where(c => c.Layer is LinearLayer), c => Assert.Equal(4, ((Candidate.Dense)c.Candidate.Candidate).Format.BitWidth.KernelBits));
        Assert.Throws<TimeTooShortException>(() => Compressor.Compress(Tiny, Inputs, options with { Latency = new LatencyLimit(0.15, Table) }, Run));
    }
}
