using Mlorq.Layers;
using Mlorq.Numerics;
using Mlorq.Onnx;
using Mlorq.Quantization;
using Mlorq.Rounding;
using Mlorq.TestKit;

namespace Mlorq.Tests;

/// <summary>Whole compressions of the sample model whose final layers are rounded adaptively.</summary>
public class AdaptiveCompressionTests
{
    [Fact]
    public void The_same_plan_has_smaller_errors_and_the_same_bytes_for_any_number_of_threads()
    {
        var analysis = Compressor.Analyze(VitFashion.Source, VitFashion.Calibration, Options(RoundingMethod.Adaptive), new RunSettings { Threads = 2 });
        CompressionResult Compress(RoundingMethod rounding, int threads) =>
            Compressor.Compress(analysis, VitFashion.Calibration, Options(rounding), new RunSettings { Threads = threads });
        var compensated = Compress(RoundingMethod.Compensated, 2);
        var one = Compress(RoundingMethod.Adaptive, 1);
        var three = Compress(RoundingMethod.Adaptive, 3);

        Assert.Equal(Bytes(one), Bytes(three));
        // Candidates are compared by compensated rounding, so that the plan is the same.
        Assert.Equal(compensated.Plan.Choices.Select(c => c.Candidate.Candidate), one.Plan.Choices.Select(c => c.Candidate.Candidate));
        var ratios = one.Layers.Zip(compensated.Layers, (after, before) => LocalError(analysis, after) / LocalError(analysis, before)).Where(r => !double.IsNaN(r)).ToList();
        Assert.All(ratios, r => Assert.True(r <= 1));
        Assert.True(ratios.Average() < 0.99, string.Join(", ", ratios));
        Assert.Contains(one.Layers, l => l is RoundedLayer.MixedRows);
    }

    [Fact]
    public void Options_out_of_range_are_told_all_at_once()
    {
        var options = Options(RoundingMethod.Adaptive) with { Adaptive = new AdaptiveOptions { Iterations = 0, LearningRate = double.NaN, Rounds = -1, Hardness = 0 } };
        var error = Assert.Throws<OptionsException>(options.EnsureValid);
        Assert.Equal(
            "These options are out of range: rounding iterations must be 1 or more, not 0; rounds of adaptive rounding must be 1 or more, not -1; "
                + "the rounding rate must be above 0, not NaN; the hardness of rounding must be above 0, not 0.",
            error.Message);
    }

    [Theory]
    [InlineData(1000, 4)]
    [InlineData(3, 4)]
    [InlineData(int.MaxValue, 1)]
    [InlineData(int.MaxValue, int.MaxValue)]
    public void Rounds_share_out_the_steps_and_have_at_least_one(int iterations, int rounds)
    {
        var options = new AdaptiveOptions { Iterations = iterations, Rounds = rounds };
        Assert.InRange(options.IterationsOf(0), 1, iterations);
        Assert.InRange(options.IterationsOf(Math.Min(rounds, 4) - 1), options.IterationsOf(0), iterations);
        if (iterations == 1000) Assert.Equal([100, 200, 300, 400], Enumerable.Range(0, 4).Select(options.IterationsOf));
    }

    // NaN for layers without a quantized matrix.
    private static double LocalError(Analysis analysis, RoundedLayer rounded) => (rounded.Layer, Values(rounded)) is (LinearLayer layer, { } values)
        ? analysis.Statistics.MetricOf(layer).Error(layer.ToMatrix(), values)
        : double.NaN;

    private static Matrix<float>? Values(RoundedLayer rounded) => rounded switch
    {
        RoundedLayer.Dense dense => dense.Weight.Dequantize(),
        RoundedLayer.MixedRows mixed => mixed.Dequantize(),
        RoundedLayer.LowRank pair => pair.Product(),
        _ => null,
    };

    private static CompressionOptions Options(RoundingMethod rounding) => new()
    {
        Budget = new Budget.Ratio(10),
        Rounding = rounding,
        // So that errors are those of the rows by themselves, which are compared here.
        Weighting = ErrorWeighting.TokenMomentsAndRows,
        Adaptive = new AdaptiveOptions { Iterations = 60 },
        Candidates = new CandidateOptions
        {
            BitWidths = [BitWidth.Two, BitWidth.Three, BitWidth.Four],
            Granularities = [Granularity.Group(32)],
            Symmetries = [Symmetry.Symmetric],
            FactorBitWidths = [BitWidth.Three],
            RankStep = 16,
        },
        SensitivitySamples = 32,
        Tuning = new TuningOptions { Method = TuningMethod.None },
    };

    private static byte[] Bytes(CompressionResult result)
    {
        using var folder = new TemporaryFolder();
        OnnxWriter.Write(result.Model, folder.File("m.onnx"));
        return File.ReadAllBytes(folder.File("m.onnx"));
    }
}
