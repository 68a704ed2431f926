using System.Globalization;
using Mlorq.Activations;
using Mlorq.IntraLayer;
using Mlorq.Layers;
using Mlorq.Onnx;
using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Passes;
using Mlorq.Onnx.Tests;
using Mlorq.Quantization;
using Mlorq.Rounding;
using Mlorq.TestKit;
using Mlorq.Tests.Rewriting;

namespace Mlorq.Tests;

/// <summary>The whole road with static scales for integer products, on the repository's sample model and on exported structures.</summary>
public class StaticCompressionTests
{
    private static readonly ActivationOptions StaticScales = new() { Scales = IntegerScales.Static, GuardSamples = 8 };
    private static readonly Lazy<CompressionResult> Static = new(CompressSample);

    /// <summary>Self-attention with a linear layer before and after it.</summary>
    private static readonly Model Attention = new GraphBuilder()
        .Input("x", null, 6, 64).Weight("w1", 64, 64).Weight("b1", 64).Weight("w2", 64, 512).Output("y")
        .Node("MatMul", "x,w1", "p1").Node("Add", "p1,b1", "q").Node("Transpose", "x", "k", NodeAttribute.Ints("perm", 0, 2, 1))
        .Node("MatMul", "q,k", "scores").Node("Softmax", "scores", "p", NodeAttribute.Int("axis", -1))
        .Node("MatMul", "p,q", "mixed").Node("MatMul", "mixed,w2", "y").Build();

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
        // A tensor that no integer product reads in the end, since its layer is in half precision, needs no scale.
        var unread = result.Guarded.Select(g => g.Activation.Point.Tensor).Except(result.Activations.Select(a => a.Point.Tensor));
        var inHalves = result.Layers.Where(l => l is RoundedLayer.Converted).Select(l => l.Layer).OfType<LinearLayer>();
        Assert.Subset(inHalves.SelectMany(l => l.Uses.Select(u => u.Input(0))).ToHashSet(), unread.ToHashSet());
        Assert.Subset(result.Guarded.Select(g => g.Activation.Point.Tensor).ToHashSet(), result.Activations.Select(a => a.Point.Tensor).ToHashSet());

        // Six blocks with two products of computed values each.
        var linear = result.Layers.Count(l => l.Layer is LinearLayer && l.Candidate is Candidate.Dense or Candidate.MixedRows);
        var kept = OneLayer.KeptOperators(read);
        Assert.Equal(linear + 12, kept.Count(o => o == "MatMulIntegerToFloat"));
        Assert.Equal(result.Layers.Count(l => l.Layer is LinearLayer && l is RoundedLayer.Converted), kept.Count(o => o == "MatMul"));
        // The right operands of those products, which ONNX Runtime transposes after they became bytes, and not as bytes.
        Assert.Equal(12, kept.Count(o => o == "DequantizeLinear"));
        Assert.DoesNotContain(kept, o => o is "MatMulNBits" or "BitShift" or "Cast");
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

        // The model's own single numbers alone.
        Assert.Subset(Canonicalize.Apply(VitFashion.Source).Graph.InitializerNames.ToHashSet(), inspection.Layers.Where(l => l.Parameters == 1).Select(l => l.Name).ToHashSet());
    }

    [Fact]
    public void The_bytes_are_the_same_for_any_number_of_threads() =>
        Assert.Equal(OnnxWriter.ToBytes(Compress(Attention, StaticScales, threads: 2).Model), OnnxWriter.ToBytes(Compress(Attention, StaticScales, threads: 1).Model));

    // Levels for values a hundred times as large as probabilities are.
    [Fact]
    public void What_costs_too_much_stays_float_and_the_result_says_so()
    {
        var result = Compress(Attention, StaticScales with { StaticQuantizers = new ActivationQuantizers(new SquaredErrorQuantizer(), new CoarseQuantizer()) }, threads: 2);
        Write(result, Attention);

        var costly = Assert.Single(result.Guarded, g => g.StaysFloat);
        Assert.Equal(("p", true), (costly.Activation.Point.Tensor, costly.Change.SignalToNoiseInDecibels < 20));
        Assert.Equal(["x", "q", "k", "mixed"], result.Activations.Select(a => a.Point.Tensor));
        var text = string.Create(CultureInfo.InvariantCulture, $"int8-static: 4 tensors; float: p ({costly.Change.SignalToNoiseInDecibels:F1} dB)");
        Assert.Equal(text, result.Model.Metadata[StaticActivations.MetadataKey]);
        var kept = OneLayer.KeptOperators(result.Model);
        Assert.Single(kept, o => o is "MatMul" or "FusedMatMul");
        Assert.Equal(3, kept.Count(o => o == "MatMulIntegerToFloat"));
    }

    [Fact]
    public void A_guarded_input_keeps_its_layer_float()
    {
        var model = new GraphBuilder().Input("x", null, 64).Weight("w1", 64, 256).Weight("b1", 256).Weight("w2", 256, 64).Output("y")
            .Node("MatMul", "x,w1", "p1").Node("Add", "p1,b1", "h").Node("Relu", "h", "r").Node("MatMul", "r,w2", "y").Build();
        var result = Compress(model, StaticScales with { Guard = new GuardLimit.ShareOfNoise(0.5) }, threads: 2);
        Write(result, model);

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
        var options = StaticScales with { StaticQuantizers = ActivationQuantizers.Simulated };
        Assert.StartsWith("Static scales need 8-bit levels at equal distances", Assert.Throws<OptionsException>(() => Compress(Attention, options, threads: 2)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Static_scales_are_refused_for_memory()
    {
        var options = TinyModels.Options(8) with { Activations = StaticScales with { GuardSamples = 0 } };
        var message = Assert.Throws<OptionsException>(options.EnsureValid).Message;
        Assert.Contains("static scales are for the speed profile", message, StringComparison.Ordinal);
        Assert.Contains("guard samples must be 1 or more, not 0", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ExportedStructures.TextEncoder)]
    [InlineData(ExportedStructures.SwinAtOpset17)]
    public void Exported_structures_are_compressed(string file)
    {
        var result = ExportedStructures.Compress(file, o => o with { Runtime = RuntimeProfile.Speed, Activations = StaticScales with { Guard = null } });
        Assert.Empty(result.Guarded);
    }

    private static CompressionResult Compress(Model model, ActivationOptions activations, int threads)
    {
        // Too little for half precision, which would read floats.
        var options = TinyModels.Bytes(model == Attention ? 24_000 : 34_000) with { Runtime = RuntimeProfile.Speed, Activations = activations, Candidates = VitFashion.Few, Rounding = RoundingMethod.Compensated };
        return Compressor.Compress(model, TinyModels.Calibration(model), options, new RunSettings { Threads = threads });
    }

    private static void Write(CompressionResult result, Model model)
    {
        using var folder = new TemporaryFolder();
        CompressedFile.Write(result, folder.File("tiny.onnx"), TinyModels.Calibration(model), new RunSettings());
    }

    private static CompressionResult CompressSample() => Compressor.Compress(
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
            Activations = StaticScales,
        },
        new RunSettings());

    private sealed class CoarseQuantizer : IActivationQuantizer
    {
        public ActivationGrid Choose(TensorHistogram values, int bits) => ActivationGrid.Uniform.Between(0, 100 * values.Max, bits);
    }
}
