using Mlorq.Activations;
using Mlorq.Numerics;
using Mlorq.Onnx;
using Mlorq.Onnx.Graphs;
using Mlorq.Quantization;
using Mlorq.Resuming;
using Mlorq.Rounding;
using Mlorq.TestKit;

namespace Mlorq.Tests.Resuming;

public sealed class AnalysisFileTests : IDisposable
{
    private static readonly Model Tiny = TinyModels.TwoLayers().Build();
    private static readonly CalibrationSet Inputs = TinyModels.Calibration(Tiny, 40, 4);
    private static readonly RunSettings Run = new() { Threads = 2 };

    private static readonly Lazy<Analysis> Usual = new(() => Compressor.Analyze(Tiny, Inputs, Options, Run));

    private readonly TemporaryFolder _folder = new();

    private string FilePath => _folder.File("tiny.analysis");

    public static TheoryData<string> Kinds => new(OptionsByKind.Keys);

    private static Dictionary<string, CompressionOptions> OptionsByKind { get; } = new()
    {
        ["mixed rows and pairs, adaptive"] = Options,
        ["nearest"] = Options with { Rounding = RoundingMethod.Nearest, Weighting = ErrorWeighting.InputMomentsAndRows },
        ["measured"] = Options with { Sensitivity = SensitivityMethod.Measured, Rounding = RoundingMethod.Compensated },
        ["the paper's weighting"] = Options with { Weighting = ErrorWeighting.DiagonalHessian, Rounding = RoundingMethod.Compensated },
        ["one format for all"] = Options with { Allocation = Allocation.Uniform, Budget = new Budget.Bytes(15_000) },
        ["rules for layers"] = Options with { Candidates = new CandidateOptions { Rules = [LayerRule.ParseWidths(@"re:w1|\d{3, }=3,4"), LayerRule.ParsePin("w2=q4g32")] }, Budget = new Budget.Bytes(12_000) },
        ["static scales"] = Options with { Runtime = RuntimeProfile.Speed, Activations = StaticScales(10), Budget = new Budget.Bytes(16_000) },
        ["static scales, some of them left out"] = Options with { Runtime = RuntimeProfile.Speed, Activations = StaticScales(45), Budget = new Budget.Bytes(16_000) },
        ["rounded activations"] = Options with { Activations = new ActivationOptions { SimulatedBits = 6 }, Budget = new Budget.Bytes(14_000) },
    };

    private static ActivationOptions StaticScales(double decibels) => new() { Scales = IntegerScales.Static, Guard = new GuardLimit.SignalToNoise(decibels), GuardSamples = 8 };

    private static CompressionOptions Options => TinyModels.Bytes(9_000) with
    {
        Adaptive = new AdaptiveOptions { Iterations = 20 },
        Tuning = new TuningOptions { Steps = 6 },
        Metadata = new Dictionary<string, string> { ["how"] = "so" },
    };

    [Theory]
    [MemberData(nameof(Kinds))]
    public void With_a_written_analysis_the_result_is_that_of_a_run_without_it(string kind)
    {
        var options = OptionsByKind[kind];
        var expected = Compressor.Compress(Tiny, Inputs, options, Run);
        Write(options);

        var file = AnalysisFile.Open(FilePath);
        // Only what the user says anew is said: the rest comes from the file.
        var restored = file.OptionsFor(new CompressionOptions { Budget = options.Budget, Rounding = options.Rounding, Adaptive = options.Adaptive, Tuning = options.Tuning });
        Assert.Equal(OptionsText.Of(options), OptionsText.Of(restored));
        var result = Compressor.Compress(file.ForCompression(Tiny, Inputs, restored, Run), Inputs, restored, Run);

        Assert.Equal(OnnxWriter.ToBytes(expected.Model), OnnxWriter.ToBytes(result.Model));
        Assert.Equal(expected.Change, result.Change);
        Assert.Equal(expected.Plan.Hash, result.Plan.Hash);
        Assert.Equal(expected.Guarded.Select(g => (g.Activation.Point.Tensor, g.Activation.Grid, g.Change, g.Share, g.StaysFloat)), result.Guarded.Select(g => (g.Activation.Point.Tensor, g.Activation.Grid, g.Change, g.Share, g.StaysFloat)));
        Assert.Equal((40, "so"), (file.Samples, file.Metadata["how"]));
    }

    [Fact]
    public void Plans_are_those_of_the_analysis_in_memory_without_its_statistics()
    {
        var analysis = WriteUsual();
        var file = AnalysisFile.Open(FilePath);
        foreach (var bytes in new[] { 8_000, 9_000, 12_000, 20_000 })
        {
            var options = Options with { Budget = new Budget.Bytes(bytes) };
            var (expected, plan) = (Compressor.PlanByPrices(analysis, options, Run), Compressor.PlanByPrices(file.ForPlans(), options, Run));
            Assert.Equal((expected.Hash, expected.SizeInBytes, expected.NoiseToSignal, expected.OptimalityGap), (plan.Hash, plan.SizeInBytes, plan.NoiseToSignal, plan.OptimalityGap));
            Assert.Equal(expected.Choices.Select(c => (c.NoiseToSignal, c.StandardError)), plan.Choices.Select(c => (c.NoiseToSignal, c.StandardError)));
        }
    }

    [Fact]
    public void Equal_analyses_are_equal_files_on_any_number_of_threads()
    {
        WriteUsual();
        var bytes = File.ReadAllBytes(FilePath);
        AnalysisFile.Write(Compressor.Analyze(Tiny, Inputs, Options, new RunSettings { Threads = 1 }), Inputs, Options, FilePath, Run);
        Assert.Equal(bytes, File.ReadAllBytes(FilePath));
        Assert.Equal([FilePath], Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void Every_flipped_bit_and_every_length_that_is_too_short_are_noticed_and_named()
    {
        WriteUsual();
        var whole = File.ReadAllBytes(FilePath);
        var named = new HashSet<string>();
        // A prime number of bytes apart, so that all bits of all parts have their turn.
        for (var i = 0; i < whole.Length; i += 997)
        {
            var changed = whole.ToArray();
            changed[i] ^= (byte)(1 << (i % 8));
            if (Refusal(changed).Message.Split("its part '") is [_, var rest]) named.Add(rest.Split('\'')[0]);
            Refusal(whole[..i]);
        }

        Assert.Equal(["model", "prices", "statistics"], named.Intersect(["model", "prices", "statistics"]).Order());
        // The parts that are small: every byte of the directory at the end, and of the beginning.
        for (var i = whole.Length - 700; i < whole.Length; i++) Refusal([.. whole[..i], (byte)(whole[i] ^ 4), .. whole[(i + 1)..]]);
        for (var i = 0; i < 40; i++) Refusal([.. whole[..i], (byte)(whole[i] ^ 32), .. whole[(i + 1)..]]);
        Refusal([.. whole, 0]);
        Refusal([]);
        File.WriteAllBytes(FilePath, whole);
        AnalysisFile.Open(FilePath).ForCompression(Tiny, Inputs, Options, Run);
    }

    [Fact]
    public void An_analysis_of_something_else_is_refused_by_name()
    {
        WriteUsual();
        var editor = Tiny.Edit();
        editor.SetInitializer("b1", Tensor.Of(new float[96], 96));
        Misfit(editor.ToModel(), Inputs, Options, "the model is another one");
        Misfit(Tiny, TinyModels.Calibration(Tiny, 40, 8), Options, "the calibration inputs are others");
        Misfit(Tiny, Inputs, Options with { Gradients = new GradientOptions { Seed = 7 } }, "Gradients.Seed was 1 and is 7 now");
        Misfit(Tiny, Inputs, Options with { Candidates = new CandidateOptions { BitWidths = [BitWidth.Two] } }, "Candidates.BitWidths was");
        Misfit(Tiny, Inputs, Options with { Rounding = RoundingMethod.Nearest }, "Rounding was Compensated and is Nearest now");
        // What counts after the analysis may be what it likes.
        AnalysisFile.Open(FilePath).ForCompression(Tiny, Inputs, Options with { Budget = new Budget.Ratio(3), Runtime = RuntimeProfile.Speed, Rounding = RoundingMethod.Compensated, Tuning = new TuningOptions { Steps = 1 } }, Run);
        Assert.Contains("the model is another one", Assert.Throws<AnalysisFileException>(() => AnalysisFile.Open(FilePath).EnsureIsOf(editor.ToModel())).Message, StringComparison.Ordinal);

        void Misfit(Model model, CalibrationSet calibration, CompressionOptions options, string reason)
        {
            var error = Assert.Throws<AnalysisFileException>(() => AnalysisFile.Open(FilePath).ForCompression(model, calibration, options, Run));
            Assert.Contains(reason, error.Message, StringComparison.Ordinal);
            Assert.Contains(FilePath, error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Rules_may_be_added_and_leave_less_of_what_was_tried()
    {
        var analysis = WriteUsual();
        var file = AnalysisFile.Open(FilePath);
        var options = Options with { Candidates = new CandidateOptions { Rules = [LayerRule.ParseWidths("w2=4,16")] } };
        var result = Compressor.Compress(file.ForCompression(Tiny, Inputs, options, Run), Inputs, options, Run);
        Assert.Equal(OnnxWriter.ToBytes(Compressor.Compress(analysis, Inputs, options, Run).Model), OnnxWriter.ToBytes(result.Model));
        Assert.True(options.Candidates.Rules[0].Allows(result.Plan.Choices.Single(c => c.Layer.TensorName == "w2").Candidate.Candidate));
        var planned = Compressor.PlanByPrices(file.ForPlans(), options, Run).Choices;
        Assert.Equal(result.Plan.Choices.Select(c => c.Layer.Name), planned.Select(c => c.Layer.Name));
        Assert.True(options.Candidates.Rules[0].Allows(planned.Single(c => c.Layer.TensorName == "w2").Candidate.Candidate));

        // But those that it was made under cannot be let go of.
        AnalysisFile.Write(Usual.Value, Inputs, options, FilePath, Run);
        var error = Assert.Throws<AnalysisFileException>(() => AnalysisFile.Open(FilePath).ForCompression(Tiny, Inputs, Options, Run));
        Assert.Contains("Candidates.Rules was [bits w2=4,16] and is [] now", error.Message, StringComparison.Ordinal);
        var added = options with { Candidates = new CandidateOptions { Rules = [.. options.Candidates.Rules, LayerRule.ParsePin("w2=16")] } };
        AnalysisFile.Open(FilePath).ForCompression(Tiny, Inputs, added, Run);
    }

    [Fact]
    public void A_rounding_of_ones_own_must_be_given_again()
    {
        var options = Options with { OwnRounding = new Halves() };
        Write(options);
        var file = AnalysisFile.Open(FilePath);
        var error = Assert.Throws<AnalysisFileException>(() => file.OptionsFor(new CompressionOptions { Budget = options.Budget }));
        Assert.Contains(nameof(Halves), error.Message, StringComparison.Ordinal);
        file.ForCompression(Tiny, Inputs, file.OptionsFor(new CompressionOptions { Budget = options.Budget, OwnRounding = new Halves() }), Run);
    }

    [Fact]
    public void A_file_that_is_no_analysis_is_never_replaced()
    {
        var analysis = WriteUsual();
        File.WriteAllText(FilePath, "of Fourier");
        Assert.Contains("no analysis file of Mlorq", Assert.Throws<AnalysisFileException>(() => AnalysisFile.Write(analysis, Inputs, Options, FilePath, Run)).Message, StringComparison.Ordinal);
        Assert.Contains("no analysis file of Mlorq", Assert.Throws<AnalysisFileException>(() => AnalysisFile.Open(FilePath)).Message, StringComparison.Ordinal);
        Assert.Equal("of Fourier", File.ReadAllText(FilePath));
        Assert.Contains("There is no analysis file", Assert.Throws<AnalysisFileException>(() => AnalysisFile.Open(_folder.File("nowhere"))).Message, StringComparison.Ordinal);
        Assert.Throws<AnalysisFileException>(() => AnalysisFile.Open(_folder.Path));
    }

    public void Dispose() => _folder.Dispose();

    private Analysis Write(CompressionOptions options)
    {
        var analysis = Compressor.Analyze(Tiny, Inputs, options, Run);
        AnalysisFile.Write(analysis, Inputs, options, FilePath, Run);
        return analysis;
    }

    private Analysis WriteUsual()
    {
        AnalysisFile.Write(Usual.Value, Inputs, Options, FilePath, Run);
        return Usual.Value;
    }

    // Whatever is damaged, nothing of it is used.
    private AnalysisFileException Refusal(byte[] bytes)
    {
        File.WriteAllBytes(FilePath, bytes);
        var error = Assert.Throws<AnalysisFileException>(() => AnalysisFile.Open(FilePath).ForCompression(Tiny, Inputs, Options, Run));
        Assert.Contains(FilePath, error.Message, StringComparison.Ordinal);
        return error;
    }

    private sealed class Halves : IWeightRounding
    {
        private readonly NearestRounding _nearest = new();

        public QuantizedMatrix Round(Matrix<float> weight, ErrorMetric metric, WeightFormat format) => _nearest.Round(weight, metric, format);
    }
}
