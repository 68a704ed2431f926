using Mlorq.InterLayer;
using Mlorq.IntraLayer;
using Mlorq.Layers;
using Mlorq.Onnx;
using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Passes;
using Mlorq.Quantization;
using Mlorq.Rounding;
using Mlorq.Statistics;

namespace Mlorq.Tests.Rounding;

public class SequentialRoundingTests
{
    private static readonly Model Tiny = Canonicalize.Apply(TinyModels.TwoLayers().Build());
    private static readonly FoundLayers Found = LayerFinder.Find(Tiny);

    [Fact]
    public void The_judge_takes_what_is_clearly_better_at_the_outputs_and_nothing_else()
    {
        var inputs = TinyModels.Calibration(Tiny, 24, 1);
        var (narrow, wide) = (Rounded(2, inputs), Rounded(6, inputs));

        Assert.True(Judge(wide, narrow).IsKept);
        var rejected = Judge(narrow, wide);
        Assert.False(rejected.IsKept);
        Assert.True(rejected.With.NoiseToSignal > rejected.Without.NoiseToSignal);
        Assert.Equal(24, rejected.HeldOutInputs);
        Assert.False(Judge(wide, wide).IsKept);

        StepOutcome Judge(IReadOnlyList<RoundedLayer> with, IReadOnlyList<RoundedLayer> without) => new HeldOutJudge(Tiny, Tiny).Judge(CompressionStep.Sweep, with, without, inputs, new RunSettings());
    }

    [Theory]
    [InlineData(SequentialTarget.Weights)]
    [InlineData(SequentialTarget.Partial)]
    [InlineData(SequentialTarget.Ridge)]
    public void The_layers_taken_are_the_sweeps_or_the_plain_ones_as_the_outcome_says(SequentialTarget target)
    {
        var calibration = TinyModels.Calibration(Tiny, 40, 4);
        var statistics = Collect(calibration);
        var choices = Choices(3);
        var options = TinyModels.Options(2) with { Rounding = RoundingMethod.Compensated, Survivors = 1, Sequential = new SweepOptions { Target = target } };
        var heard = new Heard();

        var (layers, outcome) = SequentialRounding.Round(Tiny, new HeldOutJudge(Tiny, Tiny), choices, statistics, calibration, options, new RunSettings { Progress = heard });

        var last = outcome!.IsKept ? "the sweep is taken" : "the sweep is not taken";
        Assert.Equal((CompressionStep.Sweep, 3, 3, last), (heard.Events[^1].Step, heard.Events[^1].Done, heard.Events[^1].Total, heard.Events[^1].What));

        var inputs = HeldOutInputs.Of(Tiny, calibration)!;
        var plain = SequentialRounding.Round(choices, statistics, new CompensatedRounding(), new RunSettings());
        var swept = LayerSweep.Run(Tiny, choices, plain, statistics, inputs.Used, options.Sequential, new CompensatedRounding(), new RunSettings());
        Assert.Equal(new HeldOutJudge(Tiny, Tiny).Judge(CompressionStep.Sweep, swept.Layers, plain, inputs.HeldOut, new RunSettings()), outcome);
        Assert.Equal((CompressionStep.Sweep, 8), (outcome.Step, outcome.HeldOutInputs));
        Assert.Equal(Codes(outcome.IsKept ? swept.Layers : plain), Codes(layers));
        Assert.NotEqual(Codes(swept.Layers), Codes(plain));
    }

    [Fact]
    public void Without_a_target_nothing_is_swept()
    {
        var calibration = TinyModels.Calibration(Tiny);
        var (_, outcome) = SequentialRounding.Round(Tiny, new HeldOutJudge(Tiny, Tiny), Choices(3), Collect(calibration), calibration, TinyModels.Options(2) with { Rounding = RoundingMethod.Compensated, Sequential = new SweepOptions { Target = SequentialTarget.None } }, new RunSettings());
        Assert.Null(outcome);
    }

    [Fact]
    public void One_input_cannot_judge_and_fit_at_once()
    {
        var calibration = TinyModels.Calibration(Tiny, 1);
        var options = TinyModels.Options(2) with { Rounding = RoundingMethod.Compensated, Survivors = 1, Sequential = new SweepOptions { Target = SequentialTarget.Weights } };
        var (layers, outcome) = SequentialRounding.Round(Tiny, new HeldOutJudge(Tiny, Tiny), Choices(3), Collect(calibration), calibration, options, new RunSettings());
        Assert.Equal(StepOutcome.NotTried(CompressionStep.Sweep, HeldOutInputs.TooFew), outcome);
        Assert.Equal(Codes(SequentialRounding.Round(Choices(3), Collect(calibration), new CompensatedRounding(), new RunSettings())), Codes(layers));
    }

    [Theory]
    [InlineData(40, 4, 32, 8)]
    [InlineData(12, 4, 10, 2)]
    [InlineData(3, 1, 2, 1)]
    public void A_fifth_of_the_inputs_is_held_out(int samples, int batchSize, int used, int heldOut)
    {
        var inputs = HeldOutInputs.Of(Tiny, TinyModels.Calibration(Tiny, samples, batchSize))!;
        Assert.Equal((used, heldOut, heldOut), ((int)inputs.Used.Count, (int)inputs.HeldOut.Count, inputs.HeldOut.Batches.Count));
    }

    [Theory]
    [InlineData(SequentialTarget.Weights)]
    [InlineData(SequentialTarget.Partial)]
    public void A_compression_with_a_sweep_has_the_same_bytes_for_any_number_of_threads(SequentialTarget target)
    {
        var model = TinyModels.TwoLayers().Build();
        var options = TinyModels.Bytes(9_000) with { Sequential = new SweepOptions { Target = target } };
        var results = new[] { 1, 2 }.Select(threads => Compressor.Compress(model, TinyModels.Calibration(model, 40, 4), options, new RunSettings { Threads = threads })).ToList();
        Assert.Equal(OnnxWriter.ToBytes(results[0].Model), OnnxWriter.ToBytes(results[1].Model));
        Assert.Equal((CompressionStep.Sweep, 8), (results[0].Steps[0].Step, results[0].Steps[0].HeldOutInputs));
        Assert.Equal(results[0].Steps, results[1].Steps);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1.5)]
    [InlineData(double.NaN)]
    public void A_correction_out_of_range_is_refused(double correction)
    {
        var options = TinyModels.Options(2) with { Rounding = RoundingMethod.Compensated, Sequential = new SweepOptions { Target = SequentialTarget.Partial, Correction = correction } };
        Assert.Contains("correction must be above 0 and at most 1", Assert.Throws<OptionsException>(options.EnsureValid).Message, StringComparison.Ordinal);
    }

    private static LayerStatistics Collect(CalibrationSet calibration) =>
        LayerStatistics.Collect(Tiny, Found, calibration, null, ErrorWeighting.InputMoments, new CompensatedRounding(), new RunSettings());

    private static IReadOnlyList<RoundedLayer> Rounded(int bits, CalibrationSet inputs) => SequentialRounding.Round(Choices(bits), Collect(inputs), new CompensatedRounding(), new RunSettings());

    private static IReadOnlyList<Choice> Choices(int bits)
    {
        var format = new WeightFormat(BitWidth.Of(bits), Granularity.Group(32), Symmetry.Symmetric);
        return [.. Found.Layers.Select(l => new Choice(l, new ScoredCandidate(l is LinearLayer ? new Candidate.Dense(format) : new Candidate.Half(), 0, 0), 0, 0))];
    }

    private static IEnumerable<byte> Codes(IReadOnlyList<RoundedLayer> layers) => layers.OfType<RoundedLayer.Dense>().SelectMany(l => l.Weight.Codes);

    private sealed class Heard : IProgress<CompressionEvent>
    {
        public List<CompressionEvent> Events { get; } = [];

        public void Report(CompressionEvent value) => Events.Add(value);
    }
}
