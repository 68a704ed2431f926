using Mlorq.IntraLayer;
using Mlorq.Layers;
using Mlorq.Onnx;
using Mlorq.Onnx.Graphs;
using Mlorq.Rewriting;
using Mlorq.TestKit;
using Mlorq.Tests.Rewriting;

namespace Mlorq.Tests;

/// <summary>The whole road for <see cref="RuntimeProfile.Speed"/>, on the repository's sample model and on exported structures.</summary>
public class SpeedCompressionTests
{
    private static readonly Lazy<CompressionResult> Fast = new(() => Compress(RuntimeProfile.Speed, threads: 2));

    [Fact]
    public void The_file_keeps_the_budget_has_the_planned_size_and_computes_almost_the_same()
    {
        var result = Fast.Value;
        using var folder = new TemporaryFolder();
        CompressedFile.Write(result, folder.File("fast.onnx"), VitFashion.Calibration.Take(16), new RunSettings());

        var read = OnnxReader.Read(folder.File("fast.onnx"));
        Assert.Equal(result.Plan.SizeInBytes, new FileInfo(folder.File("fast.onnx")).Length);
        Assert.InRange(result.Plan.SizeInBytes, 1, VitFashion.Source.SizeInBytes / 8);
        Assert.Equal("speed", read.Metadata["mlorq.runtime"]);
        // 32 dB when this was written, as without rounded activations, at an eighth of the size.
        Assert.True(result.Change.SignalToNoiseInDecibels > 28, $"{result.Change.SignalToNoiseInDecibels:F2} dB");

        var matrices = result.Layers.Sum(l => l.Candidate is Candidate.LowRank ? 2 : l.Candidate is Candidate.Dense or Candidate.MixedRows && l.Layer is LinearLayer ? 1 : 0);
        var kept = OneLayer.KeptOperators(read);
        Assert.Equal(matrices, kept.Count(o => o == "DynamicQuantizeMatMul"));
        Assert.DoesNotContain(kept, o => o is "MatMulNBits" or "BitShift" or "BitwiseAnd" or "ReduceMax" or "Round" or "Cast");
    }

    [Fact]
    public void Its_inspection_names_forms_and_runtime()
    {
        var inspection = ModelInspection.Of(OnnxReader.Parse(OnnxWriter.ToBytes(Fast.Value.Model)));
        Assert.Equal(RuntimeProfile.Speed, inspection.Runtime);
        foreach (var choice in Fast.Value.Plan.Choices.Where(c => c.Layer is LinearLayer && c.Candidate.Candidate is Candidate.Dense or Candidate.MixedRows))
        {
            Assert.Equal(choice.Candidate.Candidate.ToString(), inspection.Layers.Single(l => l.Name == choice.Layer.Name).Form);
        }

        Assert.Null(ModelInspection.Of(VitFashion.Source).Runtime);
    }

    [Fact]
    public void The_bytes_are_the_same_for_any_number_of_threads_and_in_every_run() =>
        Assert.Equal(OnnxWriter.ToBytes(Fast.Value.Model), OnnxWriter.ToBytes(Compress(RuntimeProfile.Speed, threads: 1).Model));

    // One code of one layer: the outputs alone, between rounded activations, would hardly tell.
    [Fact]
    public void A_file_that_computes_something_else_is_refused()
    {
        var result = Fast.Value;
        var editor = result.Model.Edit();
        var name = result.Model.Graph.InitializerNames.First(n => result.Model.Graph.InitializerSpec(n) is { Type: ElementType.UInt8, Shape.Count: 3 });
        var tensor = result.Model.Graph.Initializer(name)!;
        editor.SetInitializer(name, new Tensor(tensor.Type, tensor.Shape, tensor.Bytes.ToArray().Select((b, i) => i == 100 ? (byte)(b ^ 0xFF) : b).ToArray()));
        using var folder = new TemporaryFolder();
        var error = Assert.Throws<VerificationException>(() =>
            CompressedFile.Write(result with { Model = editor.ToModel() }, folder.File("fast.onnx"), VitFashion.Calibration.Take(16), new RunSettings()));
        Assert.StartsWith("ONNX Runtime computes something else from the file than was planned in '", error.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(folder.Path));
    }

    // What is no layer is checked by the outputs.
    [Fact]
    public void A_file_with_a_wrong_constant_is_refused()
    {
        var result = Fast.Value;
        var editor = result.Model.Edit();
        var name = result.Model.Graph.InitializerNames.First(n => n.EndsWith("/fp16", StringComparison.Ordinal) && result.Model.Graph.InitializerSpec(n).DataSizeInBytes > 100);
        var tensor = result.Model.Graph.Initializer(name)!;
        editor.SetInitializer(name, new Tensor(tensor.Type, tensor.Shape, new byte[tensor.Bytes.Length]));
        using var folder = new TemporaryFolder();
        Assert.Throws<VerificationException>(() =>
            CompressedFile.Write(result with { Model = editor.ToModel() }, folder.File("fast.onnx"), VitFashion.Calibration.Take(16), new RunSettings()));
    }

    [Fact]
    public void A_file_for_memory_does_not_name_a_runtime()
    {
        var memory = Compress(RuntimeProfile.Memory, threads: 2).Model;
        Assert.DoesNotContain("mlorq.runtime", memory.Metadata.Keys);
        Assert.Equal(RuntimeProfile.Memory, ModelInspection.Of(memory).Runtime);
    }

    // Bytes of all functions as they were before there was a second profile: files for memory stay what they were, byte for byte.
    [Fact]
    public void Functions_for_memory_are_what_they_were()
    {
        var names = KernelFunctions.Widths.SelectMany(w => new[] { LinearFunctions.NameOf(w), KernelFunctions.NameOf(w) })
            .Concat(MixedRowsFunctions.Pairs.Where(p => !p.Low.IsTrellis).Select(p => MixedRowsFunctions.NameOf(p.Low, p.High))).Append(RowFunctions.Rows).Append(RowFunctions.Lookup);
        var editor = Model.Create("m", [], [], 18).Edit();
        foreach (var name in names) editor.AddFunction(LinearFunctions.For(name, RuntimeProfile.Memory));
        Assert.Equal("79F7A49F428A172B", Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(OnnxWriter.ToBytes(editor.ToModel())))[..16]);
    }

    [Theory]
    [InlineData(ExportedStructures.TextEncoder)]
    [InlineData(ExportedStructures.SwinAtOpset13)]
    [InlineData(ExportedStructures.SwinAtOpset17)]
    [InlineData(ExportedStructures.Detector)]
    public void Exported_structures_are_compressed(string file) => ExportedStructures.Compress(file, o => o with { Runtime = RuntimeProfile.Speed });

    private static CompressionResult Compress(RuntimeProfile runtime, int threads) => Compressor.Compress(
        VitFashion.Source,
        VitFashion.Calibration,
        new CompressionOptions { Budget = new Budget.Ratio(8), Runtime = runtime, Candidates = VitFashion.Few, SensitivitySamples = 32, Tuning = new TuningOptions { Steps = 10 } },
        new RunSettings { Threads = threads });
}
