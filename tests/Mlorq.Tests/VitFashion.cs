using Mlorq.Onnx;
using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Passes;
using Mlorq.Quantization;
using Mlorq.TestKit;
using Mlorq.Vision;

namespace Mlorq.Tests;

/// <summary>The repository's sample model and its calibration pictures.</summary>
internal static class VitFashion
{
    private const int Pictures = 64;

    private static readonly Lazy<Model> LazySource = new(() => OnnxReader.Read(TestFiles.Repository("samples/vit-fashion/model.onnx")));
    private static readonly Lazy<Model> LazyCanonical = new(() => Canonicalize.Apply(Source));
    private static readonly Lazy<CalibrationSet> LazyCalibration = new(Read);

    /// <summary>Few candidates, so that whole compressions stay quick.</summary>
    public static CandidateOptions Few { get; } = new()
    {
        BitWidths = [BitWidth.Two, BitWidth.Three, BitWidth.Four, BitWidth.Eight],
        Granularities = [Granularity.PerOutputChannel, Granularity.Group(32)],
        FactorBitWidths = [BitWidth.Four],
        RankStep = 32,
    };

    public static Model Source => LazySource.Value;

    public static Model Canonical => LazyCanonical.Value;

    /// <summary>The first 64 calibration pictures in batches of 16.</summary>
    public static CalibrationSet Calibration => LazyCalibration.Value;

    private static CalibrationSet Read()
    {
        var preprocessing = Preprocessing.Load(TestFiles.Repository("samples/vit-fashion/preprocessing.json"));
        var folder = ImageFolder.Read(TestFiles.Repository("samples/vit-fashion/calibration"));
        var values = folder.Files.Take(Pictures).SelectMany(f => preprocessing.Apply(PictureDecoder.Decode(folder.PathOf(f)))).ToArray();
        return CalibrationSet.Of(new Dictionary<string, Tensor> { ["input"] = Tensor.Of(values, Pictures, 1, 28, 28) }, 16);
    }
}
