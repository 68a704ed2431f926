using Mlorq.Activations;
using Mlorq.IntraLayer;
using Mlorq.Layers;
using Mlorq.Onnx;
using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Tests;
using Mlorq.Quantization;
using Mlorq.TestKit;
using Mlorq.Tests.Rewriting;

namespace Mlorq.Tests;

/// <summary>The whole road with static scales for integer products, on the repository's sample model and on exported structures.</summary>
public class StaticCompressionTests
{
    private static readonly Lazy<CompressionResult> Static = new(() => Compress(new ActivationOptions { Scales = IntegerScales.Static, GuardSamples = 8 }, threads: 2));

    [Fact]
    public void The_file_keeps_the_budget_has_the_planned_size_and_multiplies_bytes()
    {
        var result = Static.Value;
        using var folder = new TemporaryFolder();
        // Compares every layer in ONNX Runtime with Mlorq's own arithmetic, and the size with the plan's.
        CompressedFile.Write(result, folder.File("static.onnx"), VitFashion.Calibration.Take(16), new RunSettings());

        var read = OnnxReader.Read(folder.File("static.onnx"));
        Assert.InRange(new FileInfo(folder.File("static.onnx")).Length, (VitFashion.Source.SizeInBytes / 6) - 300, VitFashion.Source.SizeInBytes / 6);
        Assert.Equal("speed", read.Metadata["mlorq.runtime"]);
        Assert.Equal($"int8-static: {result.Activations.Count} tensors", read.Metadata[StaticActivations.MetadataKey]);
        Assert.All(result.Guarded, g => Assert.False(g.StaysFloat));
        Assert.Equal(result.Activations.Count, result.Guarded.Count);

        // Six blocks with two products of computed values each.
        var linear = result.Layers.Count(l => l.Layer is LinearLayer && l.Candidate is Candidate.Dense or Candidate.MixedRows);
        var kept = OneLayer.KeptOperators(read);
        Assert.Equal(linear + 12, kept.Count(o => o == "MatMulIntegerToFloat"));
        Assert.DoesNotContain(kept, o => o is "MatMul" or "DequantizeLinear" or "MatMulNBits" or "BitShift" or "Cast");
    }

    [Fact]
    public void Its_inspection_names_forms_and_scales_are_no_layers()
    {
        var inspection = ModelInspection.Of(OnnxReader.Parse(OnnxWriter.ToBytes(Static.Value.Model)));
        Assert.Equal(RuntimeProfile.Speed, inspection.Runtime);
        foreach (var choice in Static.Value.Plan.Choices.Where(c => c.Layer is LinearLayer && c.Candidate.Candidate is Candidate.Dense or Candidate.MixedRows))
        {
            Assert.Equal(choice.Candidate.Candidate.ToString(), inspection.Layers.Single(l => l.Name == choice.Layer.Name).Form);
        }

        Assert.DoesNotContain(inspection.Layers, l => l.Parameters == 1);
    }

    [Fact]
    public void The_bytes_are_the_same_for_any_number_of_threads() =>
        Assert.Equal(OnnxWriter.ToBytes(Static.Value.Model), OnnxWriter.ToBytes(Compress(new ActivationOptions { Scales = IntegerScales.Static, GuardSamples = 8 }, threads: 1).Model));

    // Levels for values a hundred times as large, for the inputs of one block's layers.
    [Fact]
    public void What_costs_too_much_stays_float_and_the_result_says_so()
    {
        var options = new ActivationOptions { Scales = IntegerScales.Static, GuardSamples = 8, StaticQuantizers = new ActivationQuantizers(new SquaredErrorQuantizer(), new CoarseQuantizer()) };
        var result = Compress(options, threads: 2);
        using var folder = new TemporaryFolder();
        CompressedFile.Write(result, folder.File("guarded.onnx"), VitFashion.Calibration.Take(16), new RunSettings());

        var costly = result.Guarded.Where(g => g.StaysFloat).ToList();
        Assert.NotEmpty(costly);
        Assert.All(costly, g => Assert.Equal(ActivationRole.Probabilities, g.Activation.Point.Role));
        Assert.All(costly, g => Assert.True(g.Change.SignalToNoiseInDecibels < 20));
        var metadata = result.Model.Metadata[StaticActivations.MetadataKey];
        Assert.Contains($"; float: {costly[0].Activation.Point.Tensor} ({costly[0].Change.SignalToNoiseInDecibels:F1} dB)", metadata, StringComparison.Ordinal);
        Assert.Equal(costly.Count, OneLayer.KeptOperators(result.Model).Count(o => o == "MatMul" || o == "FusedMatMul"));
        Assert.All(costly, g => Assert.DoesNotContain(result.Activations, a => a.Point.Tensor == g.Activation.Point.Tensor));
    }

    [Fact]
    public void A_guarded_input_keeps_its_layer_float()
    {
        var model = TinyModels.TwoLayers().Build();
        var calibration = TinyModels.Calibration(model);
        var activations = new ActivationOptions { Scales = IntegerScales.Static, Guard = new GuardLimit.ShareOfNoise(0.5) };
        var options = TinyModels.Options(2) with { Runtime = RuntimeProfile.Speed, Activations = activations, Candidates = VitFashion.Few };
        var result = Compressor.Compress(model, calibration, options, new RunSettings());
        using var folder = new TemporaryFolder();
        CompressedFile.Write(result, folder.File("tiny.onnx"), calibration, new RunSettings());

        Assert.Single(result.Guarded, g => g.StaysFloat);
        Assert.Single(result.Activations);
        var kept = OneLayer.KeptOperators(result.Model);
        Assert.Single(kept, o => o == "MatMulNBits");
        Assert.Single(kept, o => o == "MatMulIntegerToFloat");
        Assert.Contains("int8-static: 1 tensors; float: input of ", result.Model.Metadata[StaticActivations.MetadataKey], StringComparison.Ordinal);
    }

    [Fact]
    public void Levels_that_bytes_cannot_stand_for_are_refused()
    {
        var options = new ActivationOptions { Scales = IntegerScales.Static, StaticQuantizers = ActivationQuantizers.Simulated };
        Assert.StartsWith("Static scales need 8-bit levels at equal distances", Assert.Throws<OptionsException>(() => Compress(options, threads: 2)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Static_scales_are_refused_for_memory()
    {
        var options = TinyModels.Options(8) with { Activations = new ActivationOptions { Scales = IntegerScales.Static, GuardSamples = 0 } };
        var message = Assert.Throws<OptionsException>(options.EnsureValid).Message;
        Assert.Contains("static scales are for the speed profile", message, StringComparison.Ordinal);
        Assert.Contains("guard samples must be 1 or more, not 0", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("models/structures/text_encoder_random_op14.onnx")]
    [InlineData("models/structures/swin_random_op17.onnx")]
    public void Exported_structures_are_compressed(string file)
    {
        var model = OnnxReader.Read(TestFiles.Shared(file));
        var calibration = CalibrationSet.Of(RandomInputs.For(model, 2, seed: 3), 2);
        var options = new CompressionOptions
        {
            Budget = new Budget.Ratio(3),
            Runtime = RuntimeProfile.Speed,
            Activations = new ActivationOptions { Scales = IntegerScales.Static, Guard = null },
            SensitivitySamples = 1,
            Rounding = RoundingMethod.Nearest,
            Candidates = VitFashion.Few with { BitWidths = [BitWidth.Three, BitWidth.Eight], Granularities = [Granularity.PerOutputChannel], FactorBitWidths = [] },
        };
        var result = Compressor.Compress(model, calibration, options, new RunSettings());
        using var folder = new TemporaryFolder();
        CompressedFile.Write(result, folder.File("static.onnx"), calibration, new RunSettings());
        Assert.InRange(new FileInfo(folder.File("static.onnx")).Length, 1, model.SizeInBytes / 3);
        Assert.Empty(result.Guarded);
    }

    private static CompressionResult Compress(ActivationOptions activations, int threads) => Compressor.Compress(
        VitFashion.Source,
        VitFashion.Calibration.Take(64),
        new CompressionOptions
        {
            Budget = new Budget.Ratio(6),
            Runtime = RuntimeProfile.Speed,
            Rounding = RoundingMethod.Compensated,
            Candidates = new CandidateOptions { BitWidths = [BitWidth.Two, BitWidth.Four, BitWidth.Eight], Granularities = [Granularity.PerOutputChannel], FactorBitWidths = [] },
            Gradients = new GradientOptions { Samples = 16 },
            SensitivitySamples = 16,
            Tuning = new TuningOptions { Method = TuningMethod.None },
            Activations = activations,
        },
        new RunSettings { Threads = threads });

    private sealed class CoarseQuantizer : IActivationQuantizer
    {
        public ActivationGrid Choose(TensorHistogram values, int bits) => ActivationGrid.Uniform.Between(0, 100 * values.Max, bits);
    }
}
