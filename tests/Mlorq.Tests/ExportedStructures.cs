using Mlorq.InterLayer;
using Mlorq.Onnx;
using Mlorq.Onnx.Execution;
using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Tests;
using Mlorq.Quantization;
using Mlorq.Rewriting;
using Mlorq.TestKit;

namespace Mlorq.Tests;

/// <summary>Graphs as exporters write them, with random weights, compressed to a sixth of their size in as little time as possible.</summary>
internal static class ExportedStructures
{
    public const string TextEncoder = "models/structures/text_encoder_random_op14.onnx";
    public const string SwinAtOpset13 = "models/structures/swin_random_op13.onnx";
    public const string SwinAtOpset17 = "models/structures/swin_random_op17.onnx";
    public const string Detector = "models/structures/mask_rcnn_swin_random_op16.onnx";

    private const string Ids = "input_ids";
    private const string Mask = "attention_mask";

    // Sums in another order, as where files are checked: 128 dB and more when this was written.
    private const double LeastAgreementInDecibels = 80;
    private const double AllowedDriftInDecibels = 6;

    /// <summary>Compresses one, writes the file, which checks it, looks at its length, and runs it at other sizes.</summary>
    /// <param name="file">Where it is among the shared files.</param>
    /// <param name="change">What is different about the options.</param>
    public static CompressionResult Compress(string file, Func<CompressionOptions, CompressionOptions>? change = null)
    {
        var model = OnnxReader.Read(TestFiles.Shared(file));
        var calibration = Inputs(model, 2);
        var options = new CompressionOptions
        {
            Budget = new Budget.Ratio(6),
            SensitivitySamples = 1,
            Rounding = RoundingMethod.Nearest,
            Candidates = VitFashion.Few with { BitWidths = [BitWidth.Three, BitWidth.Eight], Granularities = [Granularity.PerOutputChannel], FactorBitWidths = [] },
            // Each step differentiates the model once more.
            Tuning = new TuningOptions { Steps = 10 },
        };
        var result = Compressor.Compress(model, calibration, change?.Invoke(options) ?? options, new RunSettings());
        Assert.True(double.IsFinite(result.Change.NoiseToSignal) && result.Change.Signal > 0, $"{result.Change}");
        using var folder = new TemporaryFolder();
        CompressedFile.Write(result, folder.File("small.onnx"), calibration, new RunSettings());
        Assert.InRange(new FileInfo(folder.File("small.onnx")).Length, 1, model.SizeInBytes / 6);
        TakesWhatTheOriginalTakes(model, folder.File("small.onnx"));
        ComputesTheSame(model, result, folder.File("small.onnx"));
        return result;
    }

    /// <summary>How many times smaller a graph can become: its size over that of the smallest forms of all its layers.</summary>
    public static double MostRatio(Model model, RuntimeProfile runtime)
    {
        var options = new CompressionOptions { Budget = new Budget.Bytes(1), Runtime = runtime };
        return (double)model.SizeInBytes / Assert.Throws<BudgetTooSmallException>(() => Compressor.Compress(model, Inputs(model, 2), options, new RunSettings())).SmallestPossibleInBytes;
    }

    /// <summary>Random inputs: pictures of noise, masked texts. Detectors take one picture at a time, without an axis for more.</summary>
    public static CalibrationSet Inputs(Model model, int samples)
    {
        if (IsOfTexts(model)) return CalibrationSet.Of(Texts(samples, length: 12, seed: 3), 2);
        if (TakesOnePicture(model)) return new CalibrationSet([.. Enumerable.Range(3, samples).Select(seed => RandomInputs.For(model, 1, seed))]) { AreSingle = true };
        // A batch of another size is refused where it is fixed.
        var batch = (int)(model.Graph.Inputs[0].Shape![0] ?? 2);
        return new CalibrationSet([.. Enumerable.Range(3, samples / batch).Select(seed => RandomInputs.For(model, batch, seed))]);
    }

    /// <summary>Texts of random words, the first as long as it can be, the others padded and masked.</summary>
    public static Dictionary<string, Tensor> Texts(int count, int length, int seed, long padding = 0)
    {
        var random = new Random(seed);
        var (ids, mask) = (new long[count * length], new long[count * length]);
        Array.Fill(ids, padding);
        for (var text = 0; text < count; text++)
        {
            var words = text == 0 ? length : random.Next(1, length + 1);
            for (var i = text * length; i < (text * length) + words; i++) (ids[i], mask[i]) = (random.Next(1, 1000), 1);
        }

        return new() { [Ids] = Tensor.Of(ids, count, length), [Mask] = Tensor.Of(mask, count, length) };
    }

    // What is open in the original is open in the file, whatever the sizes were that it was calibrated with.
    private static void TakesWhatTheOriginalTakes(Model model, string small)
    {
        var graph = OnnxReader.Read(small).Graph;
        Assert.Equal(model.Graph.Inputs.Select(i => $"{i}"), graph.Inputs.Select(i => $"{i}"));
        Assert.Equal(model.Graph.Outputs.Select(o => $"{o}"), graph.Outputs.Select(o => $"{o}"));
    }

    private static void ComputesTheSame(Model model, CompressionResult result, string small)
    {
        using var original = ModelRunner.Load(model);
        using var expected = ModelRunner.Load(result.Simulated);
        using var unrounded = result.Runtime == RuntimeProfile.Speed ? ModelRunner.Load(SimulatedWeights.Of(result.Canonical, result.Layers)) : null;
        using var actual = ModelRunner.LoadFile(small);
        if (IsOfTexts(model) && unrounded is null) HidesWhatIsMasked(actual);
        foreach (var inputs in OtherInputs(model))
        {
            if (TakesOnePicture(model)) Finds(original, actual, inputs);
            else Assert.Equal(original.Run(inputs).Select(o => o.Shape), actual.Run(inputs).Select(o => o.Shape));
            // Of two detections with nearly the same score either may come first where activations are rounded; but the scores, in falling order, are nearly the same.
            var outputs = TakesOnePicture(model) && unrounded is not null ? ["scores"] : OutputComparison.FloatOutputs(model);
            var change = Between(actual);
            // Rounded activations drift apart, as far as where files are checked: on these graphs from 1 dB farther than all that rounding changes to much nearer.
            var least = unrounded is null ? LeastAgreementInDecibels : Math.Min(LeastAgreementInDecibels, Between(unrounded).SignalToNoiseInDecibels - AllowedDriftInDecibels);
            Assert.True(change.Signal > 0);
            Assert.True(change.Noise == 0 || change.SignalToNoiseInDecibels >= least, $"{change.SignalToNoiseInDecibels:F1} dB instead of {least:F1} dB for {string.Join(", ", inputs.Select(i => $"{i.Key} [{string.Join(", ", i.Value.Shape)}]"))}");

            OutputChange Between(ModelRunner other) => OutputChange.Between(expected.Run(inputs, outputs), other.Run(inputs, outputs));
        }
    }

    // Boxes, labels, scores and masks, at least one of each: of ten when this was written, as many as the original puts out at most.
    private static void Finds(ModelRunner original, ModelRunner small, Dictionary<string, Tensor> picture)
    {
        foreach (var outputs in (IReadOnlyList<Tensor>[])[original.Run(picture), small.Run(picture)])
        {
            Assert.NotEqual(0, outputs[0].Shape[0]);
            Assert.All(outputs, o => Assert.Equal(outputs[0].Shape[0], o.Shape[0]));
        }
    }

    // In the file as in the original. With scales of whole tensors the speed profile looks at hidden words as well.
    private static void HidesWhatIsMasked(ModelRunner small)
    {
        var (texts, others) = (Texts(3, 9, seed: 7), Texts(3, 9, seed: 7, padding: 8));
        var shown = new Dictionary<string, Tensor>(others) { [Mask] = Tensor.Of([.. Enumerable.Repeat(1L, 3 * 9)], 3, 9) };
        Assert.Equal(Logits(texts), Logits(others));
        Assert.NotEqual(Logits(others), Logits(shown));

        float[] Logits(Dictionary<string, Tensor> inputs) => small.Run(inputs)[0].Floats.ToArray();
    }

    // Shorter, longer, fewer and more than those of the calibration, where the model takes them.
    private static List<Dictionary<string, Tensor>> OtherInputs(Model model)
    {
        if (IsOfTexts(model)) return [Texts(1, 17, seed: 5), Texts(3, 5, seed: 5), Texts(5, 1, seed: 5)];
        return [RandomInputs.For(model, 1, seed: 5), RandomInputs.For(model, 5, seed: 6)];
    }

    private static bool IsOfTexts(Model model) => model.Graph.Inputs.Any(i => i.Name == Mask);

    private static bool TakesOnePicture(Model model) => model.Graph.Inputs[0].Shape is [3, _, _];
}
