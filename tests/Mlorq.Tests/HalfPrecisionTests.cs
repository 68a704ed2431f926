using Mlorq.InterLayer;
using Mlorq.IntraLayer;
using Mlorq.Layers;
using Mlorq.Onnx;
using Mlorq.Onnx.Execution;
using Mlorq.Onnx.Tests;
using Mlorq.Quantization;
using Mlorq.TestKit;

namespace Mlorq.Tests;

/// <summary>Whole exported models in half precision: normalisations taken apart and in one operator, softmax, masks, token ids, shapes that are computed, a convolution.</summary>
public class HalfPrecisionTests
{
    // Half precision alone leaves 61 and 66 dB, and 8 bits 40 to 43 dB of these two, in either profile.
    private const double LeastConverted = 50;
    private const double LeastCompressed = 35;

    private static readonly RunSettings Run = new() { Threads = 2 };

    // Bytes that leave hardly a layer more than 8 bits.
    [Theory]
    [InlineData("models/structures/text_encoder_random_op14.onnx", 143_000, RuntimeProfile.Memory)]
    [InlineData("models/structures/text_encoder_random_op14.onnx", 143_000, RuntimeProfile.Speed)]
    [InlineData("models/structures/swin_random_op17.onnx", 480_000, RuntimeProfile.Memory)]
    [InlineData("models/structures/swin_random_op17.onnx", 480_000, RuntimeProfile.Speed)]
    public void Exported_structures_in_half_precision_are_near_the_originals_at_8_bits(string file, long bytes, RuntimeProfile runtime)
    {
        var original = OnnxReader.Read(TestFiles.Shared(file));
        var half = HalfModels.Of(original);
        var calibration = ExportedStructures.Inputs(half, 2);
        var inputs = calibration.Batches[0];
        var expected = Judge.Run(original, HalfModels.InSingle(inputs));
        var converted = OutputChange.Between(expected, Judge.Run(half, new(inputs)));
        Assert.True(converted.SignalToNoiseInDecibels > LeastConverted, $"{converted.SignalToNoiseInDecibels:F1} dB");

        var options = new CompressionOptions
        {
            Budget = new Budget.Bytes(bytes),
            Runtime = runtime,
            SensitivitySamples = 1,
            Rounding = RoundingMethod.Nearest,
            Rotation = RotationMethod.None,
            Tuning = new TuningOptions { Method = TuningMethod.None },
            Reconstruction = new ReconstructionOptions { Objective = ReconstructionObjective.None },
            Candidates = VitFashion.Few with { BitWidths = [BitWidth.Eight], Granularities = [Granularity.PerOutputChannel], FactorBitWidths = [] },
        };
        var result = Compressor.Compress(half, calibration, options, Run);
        using var folder = new TemporaryFolder();
        CompressedFile.Write(result, folder.File("small.onnx"), calibration, Run);
        var linear = result.Plan.Choices.Where(c => c.Layer is LinearLayer).ToList();
        Assert.InRange(linear.Where(c => c.Candidate.Candidate is Candidate.Dense).Sum(c => c.Layer.Parameters), 9 * linear.Sum(c => c.Layer.Parameters) / 10, long.MaxValue);

        using var written = ModelRunner.LoadFile(folder.File("small.onnx"));
        var outputs = written.Run(inputs);
        Assert.Equal(half.Graph.Outputs.Select(o => o.Type), outputs.Select(o => o.Type));
        var change = OutputChange.Between(expected, outputs);
        Assert.True(change.SignalToNoiseInDecibels > LeastCompressed, $"{change.SignalToNoiseInDecibels:F1} dB");
    }
}
