using Mlorq.Activations;
using Mlorq.Onnx;
using Mlorq.Onnx.Execution;
using Mlorq.Quantization;
using Mlorq.TestKit;

namespace Mlorq.Tests;

/// <summary>The whole road with rounded activations, on the repository's sample model.</summary>
public class SimulatedActivationsTests
{
    private static readonly Lazy<CompressionResult> FourBits = new(() => Compress(4, threads: 2));

    [Fact]
    public void The_file_keeps_the_budget_has_the_planned_size_and_says_that_it_simulates()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("a4.onnx");

        // Compares the file in ONNX Runtime with Mlorq's own arithmetic, and its size with the plan's.
        CompressedFile.Write(FourBits.Value, path, VitFashion.Calibration.Take(16), new RunSettings());

        var size = new FileInfo(path).Length;
        Assert.InRange(size, 1, VitFashion.Source.SizeInBytes / 6);
        // The solver counts what activations add without knowing the layers' forms.
        Assert.True(size > (VitFashion.Source.SizeInBytes / 6) - 200, $"{size}");
        Assert.StartsWith("simulated: ", OnnxReader.Read(path).Metadata[StaticActivations.MetadataKey], StringComparison.Ordinal);
        var elements = FourBits.Value.Activations.Sum(a => (double)a.Elements);
        Assert.InRange(FourBits.Value.Activations.Sum(a => a.Grid.Bits * a.Elements) / elements, 3.9, 4);
        Assert.True(FourBits.Value.Activations.Select(a => a.Grid.Bits).Distinct().Count() > 1);
        Assert.Contains(FourBits.Value.Activations, a => a.Grid is ActivationGrid.LogSqrt2);
    }

    [Fact]
    public void The_reported_change_is_that_of_the_file()
    {
        var result = FourBits.Value;
        var inputs = VitFashion.Calibration.Take(16);
        using var original = ModelRunner.Load(VitFashion.Source);
        using var compressed = ModelRunner.Load(result.Model);

        var change = Mlorq.InterLayer.OutputComparison.Between(VitFashion.Source, original, compressed, inputs, new RunSettings());

        // Roundings of activations tip over where sums are taken in another order.
        Assert.InRange(change.SignalToNoiseInDecibels, result.Change.SignalToNoiseInDecibels - 1, result.Change.SignalToNoiseInDecibels + 1);
    }

    [Fact]
    public void More_bits_change_the_outputs_less()
    {
        var (few, many) = (FourBits.Value.Change.SignalToNoiseInDecibels, Compress(8, threads: 2).Change.SignalToNoiseInDecibels);
        Assert.True(many > few + 3, $"4 bits {few:F2} dB, 8 bits {many:F2} dB");
    }

    [Fact]
    public void The_bytes_are_the_same_for_any_number_of_threads() =>
        Assert.Equal(OnnxWriter.ToBytes(FourBits.Value.Model), OnnxWriter.ToBytes(Compress(4, threads: 1).Model));

    [Theory]
    [InlineData(2, true, RuntimeProfile.Memory, "simulated activations have 3 to 8 bits, not 2")]
    [InlineData(9, true, RuntimeProfile.Memory, "simulated activations have 3 to 8 bits, not 9")]
    [InlineData(4.5, false, RuntimeProfile.Memory, "a whole number of them, not 4.5")]
    [InlineData(4, true, RuntimeProfile.Speed, "simulated activations are for the memory profile")]
    public void What_cannot_be_simulated_is_refused(double bits, bool mixed, RuntimeProfile runtime, string expected)
    {
        var options = TinyModels.Options(8) with { Activations = new ActivationOptions { SimulatedBits = bits, MixedBits = mixed }, Runtime = runtime };
        Assert.Contains(expected, Assert.Throws<OptionsException>(options.EnsureValid).Message, StringComparison.Ordinal);
    }

    private static CompressionResult Compress(int bits, int threads) => Compressor.Compress(
        VitFashion.Source,
        VitFashion.Calibration.Take(64),
        new CompressionOptions
        {
            Budget = new Budget.Ratio(6),
            Rounding = RoundingMethod.Compensated,
            Candidates = new CandidateOptions { BitWidths = [BitWidth.Two, BitWidth.Four, BitWidth.Eight], Granularities = [Granularity.PerOutputChannel], FactorBitWidths = [] },
            Gradients = new GradientOptions { Samples = 16 },
            SensitivitySamples = 16,
            Tuning = new TuningOptions { Method = TuningMethod.None },
            Activations = new ActivationOptions { SimulatedBits = bits },
        },
        new RunSettings { Threads = threads });
}
