using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Tests;

namespace Mlorq.Tests;

/// <summary>Small models that end in a nonlinearity, and calibration inputs for them.</summary>
internal static class TinyModels
{
    public const int Width = 64;

    /// <summary>Two layers with biases and a ReLU between them.</summary>
    public static GraphBuilder TwoLayers() => new GraphBuilder()
        .Input("x", null, Width).Weight("w1", Width, 96).Weight("b1", 96).Weight("w2", 96, 48).Weight("b2", 48).Output("y")
        .Node("MatMul", "x,w1", "p1").Node("Add", "p1,b1", "h").Node("Relu", "h", "r")
        .Node("MatMul", "r,w2", "p2").Node("Add", "p2,b2", "y");

    /// <summary>Token ids, an embedding, a layer, and the product with a transposed head.</summary>
    public static GraphBuilder Text() => new GraphBuilder()
        .Input("ids", ElementType.Int64, null, 6).Weight("table", 100, Width).Weight("w", Width, 96).Weight("b", 96).Weight("head", 96, 40).Output("y")
        .Node("Gather", "table,ids", "e").Node("MatMul", "e,w", "p").Node("Add", "p,b", "h").Node("Relu", "h", "r").Node("MatMul", "r,head", "y");

    public static CalibrationSet Calibration(Model model, int samples = 24, int batchSize = 8) =>
        CalibrationSet.Of(RandomInputs.For(model, samples, seed: 11), batchSize);

    public static CompressionOptions Options(double ratio) => new() { Budget = new Budget.Ratio(ratio), SensitivitySamples = 16 };

    /// <summary>Bytes of the given model over a ratio, with a floor so that tiny models have room for their functions.</summary>
    public static CompressionOptions Bytes(long bytes) => new() { Budget = new Budget.Bytes(bytes), SensitivitySamples = 16 };
}
