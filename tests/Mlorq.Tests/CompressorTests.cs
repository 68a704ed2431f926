using Mlorq.InterLayer;
using Mlorq.IntraLayer;
using Mlorq.Layers;
using Mlorq.Onnx;
using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Tests;
using Mlorq.Quantization;
using Mlorq.TestKit;

namespace Mlorq.Tests;

/// <summary>The whole road on the repository's sample model, with few candidates so that it stays quick.</summary>
public class CompressorTests
{
    private static readonly Lazy<CompressionResult> Mixed = new(() => Compress(Allocation.Mixed, threads: 2));

    [Fact]
    public void The_file_keeps_the_budget_has_the_planned_size_and_computes_almost_the_same()
    {
        var result = Mixed.Value;
        using var folder = new TemporaryFolder();
        var path = folder.File("small.onnx");

        CompressedFile.Write(result, path, VitFashion.Calibration.Take(16), new RunSettings());

        var size = new FileInfo(path).Length;
        Assert.Equal(result.Plan.SizeInBytes, size);
        Assert.True(size <= VitFashion.Source.SizeInBytes / 8, $"{size}");
        Assert.Equal(VitFashion.Source.SizeInBytes, result.OriginalSizeInBytes);
        // 32.6 dB when this was written, at an eighth of the size.
        Assert.True(result.Change.SignalToNoiseInDecibels > 28, $"{result.Change.SignalToNoiseInDecibels:F2} dB");
        Assert.Equal([path], Directory.GetFiles(folder.Path));
        var read = OnnxReader.Read(path);
        Assert.Equal(result.Plan.Hash, read.Metadata["mlorq.plan"]);
        Assert.Equal(["input"], read.Graph.Inputs.Select(i => i.Name));
    }

    [Fact]
    public void A_mixed_plan_is_at_least_as_good_as_a_uniform_one()
    {
        var uniform = Compress(Allocation.Uniform, threads: 2);

        var formats = uniform.Plan.Choices.Where(c => c.Layer is LinearLayer).Select(c => ((Candidate.Dense)c.Candidate.Candidate).Format).Distinct().ToList();
        Assert.Single(formats.Select(f => (f.BitWidth, f.Symmetry)).Distinct());
        // Rows that are too short for the groups have whole-row scales.
        Assert.True(formats.Select(f => f.Granularity).Except([Granularity.PerOutputChannel]).Count() <= 1, string.Join(", ", formats));
        Assert.True(uniform.Plan.SizeInBytes <= VitFashion.Source.SizeInBytes / 8);
        var (mixed, same) = (Mixed.Value.Change.SignalToNoiseInDecibels, uniform.Change.SignalToNoiseInDecibels);
        Assert.True(mixed >= same - 0.2, $"mixed {mixed:F2} dB, uniform {same:F2} dB");
    }

    [Fact]
    public void The_bytes_are_the_same_for_any_number_of_threads_and_in_every_run() =>
        Assert.Equal(OnnxWriter.ToBytes(Mixed.Value.Model), OnnxWriter.ToBytes(Compress(Allocation.Mixed, threads: 1).Model));

    // One code of one layer changed after the layers were rounded.
    [Fact]
    public void A_file_that_computes_something_else_is_refused_and_the_old_one_stays()
    {
        var result = Mixed.Value;
        var editor = result.Model.Edit();
        var name = result.Model.Graph.InitializerNames.First(n => result.Model.Graph.InitializerSpec(n) is { Type: ElementType.UInt8, Shape.Count: 3 });
        var tensor = result.Model.Graph.Initializer(name)!;
        editor.SetInitializer(name, new Tensor(tensor.Type, tensor.Shape, tensor.Bytes.ToArray().Select((b, i) => i == 100 ? (byte)(b ^ 0xFF) : b).ToArray()));
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("old.onnx"), "old");

        var error = Assert.Throws<VerificationException>(() =>
            CompressedFile.Write(result with { Model = editor.ToModel() }, folder.File("old.onnx"), VitFashion.Calibration.Take(16), new RunSettings()));

        Assert.StartsWith("ONNX Runtime computes something else from the file than was planned: ", error.Message, StringComparison.Ordinal);
        Assert.Equal("old", File.ReadAllText(folder.File("old.onnx")));
        Assert.Single(Directory.GetFiles(folder.Path));
    }

    [Fact]
    public void A_file_of_another_size_is_refused()
    {
        var result = Mixed.Value;
        using var folder = new TemporaryFolder();
        var wrong = result with { Plan = result.Plan with { SizeInBytes = result.Plan.SizeInBytes + 1 } };
        Assert.Throws<VerificationException>(() => CompressedFile.Write(wrong, folder.File("new.onnx"), VitFashion.Calibration.Take(16), new RunSettings()));
        Assert.Empty(Directory.GetFiles(folder.Path));
    }

    [Fact]
    public void Cancelling_stops_the_compression()
    {
        using var source = new CancellationTokenSource();
        var run = new RunSettings { Threads = 2, Cancellation = source.Token, Progress = new Canceller(source) };
        Assert.ThrowsAny<OperationCanceledException>(() => Compressor.Compress(VitFashion.Source, VitFashion.Calibration, Options(Allocation.Mixed), run));
    }

    [Fact]
    public void A_text_model_with_token_ids_is_compressed_and_its_table_stored_as_bytes()
    {
        var model = TinyModels.Text().Build();
        var calibration = TinyModels.Calibration(model);

        var result = Compressor.Compress(model, calibration, TinyModels.Bytes(17_000), new RunSettings());

        Assert.IsType<Candidate.Rows8>(result.Plan.Choices.Single(c => c.Layer is TableLayer).Candidate.Candidate);
        Assert.Contains(result.Model.Graph.Nodes, n => n.OpType == "Lookup8");
        Written(result, calibration, 17_000);
    }

    [Theory]
    [InlineData(ExportedStructures.TextEncoder)]
    [InlineData(ExportedStructures.SwinAtOpset13)]
    [InlineData(ExportedStructures.SwinAtOpset17)]
    [InlineData(ExportedStructures.Detector)]
    public void Exported_structures_are_compressed(string file) => ExportedStructures.Compress(file);

    // With the smallest form of every layer that the default options allow. What is left are the nodes, half of Swin and a third of the text encoder, and of the detector the kernels of
    // transposed convolutions in half precision, two fifths. Less than this is a form that was lost, or nodes that came to it.
    [Theory]
    [InlineData(ExportedStructures.TextEncoder, 13.2, 12.7)]
    [InlineData(ExportedStructures.SwinAtOpset13, 8.7, 8.6)]
    [InlineData(ExportedStructures.SwinAtOpset17, 8.7, 8.6)]
    [InlineData(ExportedStructures.Detector, 15.9, 15.8)]
    public void Exported_structures_can_become_so_many_times_smaller(string file, double forMemory, double forSpeed)
    {
        var model = OnnxReader.Read(TestFiles.Shared(file));
        Assert.InRange(ExportedStructures.MostRatio(model, RuntimeProfile.Memory), forMemory, double.MaxValue);
        Assert.InRange(ExportedStructures.MostRatio(model, RuntimeProfile.Speed), forSpeed, double.MaxValue);
    }

    // What a user gets who says nothing but the size: 36.5 and 17.1 dB when this was written. Rounding to the nearest, with few forms, makes 22 dB of a sixth.
    [Theory]
    [InlineData(6, 34.5)]
    [InlineData(10, 15)]
    public void An_exported_text_encoder_is_compressed_by_default_options(double ratio, double leastDecibels)
    {
        var model = OnnxReader.Read(TestFiles.Shared(ExportedStructures.TextEncoder));
        var calibration = ExportedStructures.Inputs(model, 16);
        var result = Compressor.Compress(model, calibration, new CompressionOptions { Budget = new Budget.Ratio(ratio) }, new RunSettings { Threads = 2 });
        Written(result, calibration, (long)(model.SizeInBytes / ratio));
        // A budget that is not used is bytes given away.
        Assert.InRange(result.Plan.SizeInBytes, 0.98 * model.SizeInBytes / ratio, model.SizeInBytes / ratio);
        Assert.InRange(result.Change.SignalToNoiseInDecibels, leastDecibels, leastDecibels + 10);
    }

    [Fact]
    public void Options_out_of_range_are_told_all_at_once()
    {
        var options = Options(Allocation.Mixed) with { SensitivitySamples = 0, Candidates = VitFashion.Few with { BitWidths = [], RankStep = 0 } };
        var error = Assert.Throws<OptionsException>(() => Compressor.Compress(VitFashion.Source, VitFashion.Calibration, options, new RunSettings()));
        Assert.Equal(
            "These options are out of range: sensitivity samples must be 1 or more, not 0; at least one bit width must be allowed; the rank step must be 1 or more, not 0.",
            error.Message);
    }

    private static void Written(CompressionResult result, CalibrationSet calibration, long budget)
    {
        using var folder = new TemporaryFolder();
        CompressedFile.Write(result, folder.File("small.onnx"), calibration, new RunSettings());
        Assert.InRange(new FileInfo(folder.File("small.onnx")).Length, 1, budget);
    }

    private static CompressionOptions Options(Allocation allocation) => new()
    {
        Budget = new Budget.Ratio(8),
        Candidates = VitFashion.Few,
        SensitivitySamples = 32,
        Tuning = new TuningOptions { Steps = 10 },
        Allocation = allocation,
    };

    private static CompressionResult Compress(Allocation allocation, int threads) =>
        Compressor.Compress(VitFashion.Source, VitFashion.Calibration, Options(allocation), new RunSettings { Threads = threads });

    private sealed class Canceller(CancellationTokenSource source) : IProgress<CompressionEvent>
    {
        public void Report(CompressionEvent value)
        {
            if (value is { Step: CompressionStep.Candidates, Done: 2 }) source.Cancel();
        }
    }

    // A plan pays for the functions that it calls and no others, so a budget that fits 8 bits alone must not end at 6.
    [Fact]
    public void A_tight_budget_is_spent_on_weights_and_not_on_functions_that_nobody_calls()
    {
        var model = TinyModels.TwoLayers().Build();
        var calibration = TinyModels.Calibration(model);
        var all = TinyModels.Bytes(17_000);
        foreach (var width in BitWidth.All)
        {
            var alone = all with { Candidates = new CandidateOptions { BitWidths = [width], FactorBitWidths = [] } };
            try
            {
                var least = Compressor.Compress(model, calibration, alone, new RunSettings()).Plan.NoiseToSignal;
                Assert.True(Compressor.Compress(model, calibration, all, new RunSettings()).Plan.NoiseToSignal <= least * 1.01, $"{width} alone is better");
            }
            catch (BudgetTooSmallException)
            {
                // This width needs more than the budget.
            }
        }
    }

    [Fact]
    public void Masked_outputs_do_not_spoil_prices_and_comparison()
    {
        var editor = TinyModels.TwoLayers().Build().Edit();
        var mask = new float[48];
        for (var i = 40; i < 48; i++) mask[i] = float.NegativeInfinity;
        editor.SetInitializer("mask", Tensor.Of(mask, 48));
        editor.Nodes.Add(new Node("Add", "masked", ["y", "mask"], ["z"]));
        editor.AddOutput("z", ElementType.Float);
        var model = editor.ToModel();
        var calibration = TinyModels.Calibration(model);
        var result = Compressor.Compress(model, calibration, TinyModels.Bytes(12_000), new RunSettings());
        Assert.True(result.Change.SignalToNoiseInDecibels > 10, $"{result.Change.SignalToNoiseInDecibels} dB");
        using var folder = new TestKit.TemporaryFolder();
        CompressedFile.Write(result, folder.File("small.onnx"), calibration, new RunSettings());
    }

    [Fact]
    public void A_model_without_scores_is_refused_before_the_work()
    {
        var editor = Model.Create("m", [new ValueInfo("x", ElementType.Float, [null, 64])], [new ValueInfo("y", ElementType.Int64, [null])], 17).Edit();
        editor.SetInitializer("w", RandomInputs.Floats(new Random(3), 64, 48));
        editor.Nodes.Add(new Node("MatMul", "fc", ["x", "w"], ["h"]));
        editor.Nodes.Add(new Node("ArgMax", "top", ["h"], ["y"], [NodeAttribute.Int("axis", 1), NodeAttribute.Int("keepdims", 0)]));
        var model = editor.ToModel();
        var error = Assert.Throws<Onnx.InvalidModelException>(() => Compressor.Compress(model, TinyModels.Calibration(model), TinyModels.Bytes(10_000), new RunSettings()));
        Assert.Contains("no float output", error.Message, StringComparison.Ordinal);
    }
}
