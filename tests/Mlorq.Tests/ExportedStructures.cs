using Mlorq.InterLayer;
using Mlorq.Onnx;
using Mlorq.Onnx.Execution;
using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Tests;
using Mlorq.Quantization;
using Mlorq.TestKit;

namespace Mlorq.Tests;

/// <summary>Graphs as exporters write them, with random weights, compressed to a sixth of their size, or to the least possible, in as little time as possible.</summary>
internal static class ExportedStructures
{
    /// <summary>Compresses one, writes the file, which checks it, and looks at its length.</summary>
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
        };
        var result = CompressOrLeast(model, calibration, change?.Invoke(options) ?? options);
        using var folder = new TemporaryFolder();
        CompressedFile.Write(result, folder.File("small.onnx"), calibration, new RunSettings());
        Assert.InRange(new FileInfo(folder.File("small.onnx")).Length, 1, Math.Max(result.Plan.BudgetInBytes, model.SizeInBytes / 6));
        // The functions that layers call take a tenth of the smallest of the graphs.
        Assert.InRange(result.Plan.SizeInBytes, 1, model.SizeInBytes / 4);
        if (!calibration.AreSingle) TakesOtherSizes(model, folder.File("small.onnx"));
        return result;
    }

    /// <summary>Random inputs; detectors take one picture at a time, without an axis for more.</summary>
    public static CalibrationSet Inputs(Model model, int samples) => model.Graph.Inputs[0].Shape is [3, _, _]
        ? new CalibrationSet([.. Enumerable.Range(3, samples).Select(seed => RandomInputs.For(model, 1, seed))]) { AreSingle = true }
        : CalibrationSet.Of(RandomInputs.For(model, samples, seed: 3), 2);

    private static CompressionResult CompressOrLeast(Model model, CalibrationSet calibration, CompressionOptions options)
    {
        try
        {
            return Compressor.Compress(model, calibration, options, new RunSettings());
        }
        catch (BudgetTooSmallException e)
        {
            return Compressor.Compress(model, calibration, options with { Budget = new Budget.Bytes(e.SmallestPossibleInBytes) }, new RunSettings());
        }
    }

    // What is open in the original is open in the file, whatever the sizes were that it was calibrated with.
    private static void TakesOtherSizes(Model model, string small)
    {
        using var original = ModelRunner.Load(model);
        using var compressed = ModelRunner.LoadFile(small);
        foreach (var open in (long[])[1, 5])
        {
            var inputs = RandomInputs.For(model, open, seed: 5);
            Assert.Equal(original.Run(inputs).Select(o => o.Shape), compressed.Run(inputs).Select(o => o.Shape));
        }
    }
}
