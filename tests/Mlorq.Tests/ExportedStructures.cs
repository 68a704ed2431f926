using Mlorq.Onnx;
using Mlorq.Onnx.Tests;
using Mlorq.Quantization;
using Mlorq.TestKit;

namespace Mlorq.Tests;

/// <summary>Graphs as exporters write them, with random weights, compressed to a third of their size in as little time as possible.</summary>
internal static class ExportedStructures
{
    /// <summary>Compresses one, writes the file, which checks it, and looks at its length.</summary>
    /// <param name="file">Where it is among the shared files.</param>
    /// <param name="change">What is different about the options.</param>
    public static CompressionResult Compress(string file, Func<CompressionOptions, CompressionOptions>? change = null)
    {
        var model = OnnxReader.Read(TestFiles.Shared(file));
        // Detectors take one picture, without an axis for more.
        var calibration = model.Graph.Inputs[0].Shape is [3, _, _]
            ? new CalibrationSet([RandomInputs.For(model, 1, seed: 3), RandomInputs.For(model, 1, seed: 4)]) { AreSingle = true }
            : CalibrationSet.Of(RandomInputs.For(model, 2, seed: 3), 2);
        var options = new CompressionOptions
        {
            Budget = new Budget.Ratio(3),
            SensitivitySamples = 1,
            Rounding = RoundingMethod.Nearest,
            Candidates = VitFashion.Few with { BitWidths = [BitWidth.Three, BitWidth.Eight], Granularities = [Granularity.PerOutputChannel], FactorBitWidths = [] },
        };
        var result = Compressor.Compress(model, calibration, change?.Invoke(options) ?? options, new RunSettings());
        using var folder = new TemporaryFolder();
        CompressedFile.Write(result, folder.File("small.onnx"), calibration, new RunSettings());
        Assert.InRange(new FileInfo(folder.File("small.onnx")).Length, 1, model.SizeInBytes / 3);
        return result;
    }
}
