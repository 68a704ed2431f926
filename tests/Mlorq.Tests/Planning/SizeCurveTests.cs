using Mlorq.InterLayer;
using Mlorq.Layers;
using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Passes;
using Mlorq.Rewriting;
using Mlorq.Rounding;

namespace Mlorq.Tests.Planning;

public sealed class SizeCurveTests
{
    private static readonly Model Tiny = TinyModels.TwoLayers().Build();
    private static readonly CalibrationSet Inputs = TinyModels.Calibration(Tiny, 40, 4);
    private static readonly RunSettings Run = new() { Threads = 2 };
    private static readonly CompressionOptions Options = TinyModels.Options(2);
    private static readonly Lazy<Analysis> LazyAnalysis = new(() => Compressor.Analyze(Tiny, Inputs, Options, Run));

    [Fact]
    public void Every_point_is_the_plan_of_its_budget_and_more_bytes_never_cost_more()
    {
        var curve = SizeCurve.Of(LazyAnalysis.Value, SizeCurve.Budgets(LazyAnalysis.Value, 20, Options, Run), Options, Run);
        Assert.Equal(20, curve.Points.Count);
        Assert.All(curve.Points, p => Assert.Equal(p.Plan.Hash, Compressor.PlanByPrices(LazyAnalysis.Value, Options with { Budget = new Budget.Bytes(p.Plan.BudgetInBytes) }, Run).Hash));
        Assert.All(curve.Points.Zip(curve.Points.Skip(1)), pair => Assert.True(pair.Second.Plan.NoiseToSignal <= pair.First.Plan.NoiseToSignal && pair.Second.Plan.BudgetInBytes > pair.First.Plan.BudgetInBytes));

        // One byte less than the smallest cannot be met.
        Assert.Throws<BudgetTooSmallException>(() => Compressor.PlanByPrices(LazyAnalysis.Value, Options with { Budget = new Budget.Bytes(curve.Points[0].Plan.BudgetInBytes - 1) }, Run));
        Assert.Equal(SizeCurve.SmallestSizeInBytes(LazyAnalysis.Value, Options, Run), curve.Points[0].Plan.BudgetInBytes);
    }

    [Fact]
    public void Results_do_not_depend_on_the_order_of_budgets_or_on_threads()
    {
        Budget[] budgets = [new Budget.Bytes(20_000), new Budget.Ratio(4), new Budget.Bytes(9_000), new Budget.Bytes(20_000)];
        var (one, other) = (SizeCurve.Of(LazyAnalysis.Value, budgets, Options, Run), SizeCurve.Of(LazyAnalysis.Value, [.. budgets.Reverse()], Options, Run with { Threads = 1 }));
        Assert.Equal(3, one.Points.Count);
        Assert.Equal(one.Points.Select(p => p.Plan.Hash), other.Points.Select(p => p.Plan.Hash));
    }

    [Fact]
    public void One_width_for_all_is_no_better_than_a_plan_of_its_size()
    {
        var curve = SizeCurve.Of(LazyAnalysis.Value, SizeCurve.Budgets(LazyAnalysis.Value, 5, Options, Run), Options, Run);
        Assert.Contains(curve.Uniform, u => u.Bits == 4);
        Assert.All(curve.Uniform, u =>
        {
            Assert.Single(u.Plan.Choices.Where(c => c.Layer is LinearLayer).Select(c => c.Candidate.Candidate.ToString()).Distinct());
            var mixed = Compressor.PlanByPrices(LazyAnalysis.Value, Options with { Budget = new Budget.Bytes(u.Plan.SizeInBytes + 64) }, Run);
            Assert.True(mixed.NoiseToSignal <= u.Plan.NoiseToSignal * (1 + 1e-9));
        });
    }

    [Fact]
    public void The_knee_is_where_the_curve_bends()
    {
        var points = Enumerable.Range(0, 21).Select(i => new CurvePoint(PlanOf((long)(1000 * Math.Pow(2, i / 5.0)), decibels: i < 8 ? 3 * i : 24 + (0.2 * (i - 8))))).ToList();
        Assert.Equal(8, SizeCurve.KneeOf(points));
        Assert.Null(SizeCurve.KneeOf(points[..2]));
        // Straight, and bent the other way.
        Assert.Null(SizeCurve.KneeOf(points[..8]));
        Assert.Null(SizeCurve.KneeOf([.. Enumerable.Range(0, 10).Select(i => new CurvePoint(PlanOf((long)(1000 * Math.Pow(2, i / 5.0)), decibels: i * i)))]));
    }

    [Fact]
    public void Measured_points_are_what_the_models_really_give()
    {
        var curve = SizeCurve.Of(LazyAnalysis.Value, SizeCurve.Budgets(LazyAnalysis.Value, 7, Options, Run), Options, Run).Measure(LazyAnalysis.Value, 3, Inputs, Options, Run);
        Assert.Equal([0, 3, 6], Enumerable.Range(0, 7).Where(i => curve.Points[i].Measured is not null));
        var point = curve.Points[3];
        var canonical = Canonicalize.Apply(Tiny);
        var rounded = SequentialRounding.Round(point.Plan.Choices, LazyAnalysis.Value.Statistics, Options.CreateRounding(TestContext.Current.CancellationToken), Run);
        var expected = OutputComparison.Between(canonical, SimulatedWeights.Of(canonical, rounded), Inputs.Take(Options.SensitivitySamples), Run);
        Assert.Equal(expected.SignalToNoiseInDecibels, point.Measured!.Value.SignalToNoiseInDecibels, 3);
    }

    private static CompressionPlan PlanOf(long bytes, double decibels) => new([], bytes, bytes, Math.Pow(10, -decibels / 10), 0);
}
