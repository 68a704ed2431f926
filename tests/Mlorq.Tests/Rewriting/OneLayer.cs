using Microsoft.ML.OnnxRuntime;
using Mlorq.IntraLayer;
using Mlorq.Layers;
using Mlorq.Numerics;
using Mlorq.Onnx;
using Mlorq.Onnx.Execution;
using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Passes;
using Mlorq.Onnx.Tests;
using Mlorq.Quantization;
using Mlorq.Rewriting;
using Mlorq.Rounding;
using Mlorq.TestKit;
using Mlorq.Tests.Quantization;

namespace Mlorq.Tests.Rewriting;

/// <summary>A model of one linear layer, its compressed forms, and what ONNX Runtime makes of them.</summary>
internal static class OneLayer
{
    private const int Tokens = 5;

    /// <summary>Sizes of a layer: in features, out features, whether it has a bias; some that pad their blocks.</summary>
    public static TheoryData<int, int, bool> Shapes => new() { { 64, 37, true }, { 100, 16, false }, { 192, 64, true }, { 272, 33, false }, { 17, 70, true } };

    public static readonly Dictionary<string, string> NoMetadata = [];

    public static Model Model(int inFeatures, int outFeatures, bool bias, long opset = 17)
    {
        var builder = new GraphBuilder().Input("x", null, inFeatures).Weight("w", inFeatures, outFeatures).Output("y");
        builder = bias
            ? builder.Weight("b", outFeatures).Node("MatMul", "x,w", "p").Node("Add", "p,b", "y")
            : builder.Node("MatMul", "x,w", "y");
        return Canonicalize.Apply(builder.Build(opset));
    }

    /// <summary>Random codes and scales: every code and every stored byte may occur, whatever a search would choose.</summary>
    public static QuantizedMatrix RandomMatrix(int rows, int columns, WeightFormat format, Random random)
    {
        var table = GridTable.Search(Matrices.Weights(rows, columns, random.Next(), 1), Enumerable.Repeat(1f, columns).ToArray(), format);
        var scales = new float[rows * table.Groups];
        for (var i = 0; i < scales.Length; i++) scales[i] = (float)((random.NextDouble() - 0.4) * 0.1);
        table = table.WithScales(scales);
        var codes = new byte[rows * columns];
        for (var i = 0; i < codes.Length; i++) codes[i] = (byte)random.Next(1 << format.BitWidth.Bits);
        if (format.BitWidth.IsTrellis) codes = [.. codes.Chunk(columns).SelectMany(TrellisDecoder.Levels)];
        return new QuantizedMatrix(table, codes);
    }

    public static RoundedLayer.Dense RandomDense(LinearLayer layer, WeightFormat format, Random random) =>
        new(layer, new Candidate.Dense(format), RandomMatrix(layer.OutFeatures, layer.InFeatures, format, random), RandomBias(layer, random));

    /// <summary>Some rows, chosen by chance, in the wide format.</summary>
    public static RoundedLayer.MixedRows RandomMixed(LinearLayer layer, WeightFormat low, WeightFormat high, int count, Random random)
    {
        var order = Enumerable.Range(0, layer.OutFeatures).ToArray();
        random.Shuffle(order);
        var isHigh = new bool[layer.OutFeatures];
        foreach (var row in order.Take(count)) isHigh[row] = true;
        return new RoundedLayer.MixedRows(
            layer,
            new Candidate.MixedRows(low, high, count),
            RandomMatrix(layer.OutFeatures, layer.InFeatures, low, random),
            RandomMatrix(layer.OutFeatures, layer.InFeatures, high, random),
            isHigh,
            RandomBias(layer, random));
    }

    public static float[] RandomBias(LinearLayer layer, Random random) =>
        layer.Bias is null ? [] : [.. layer.Bias.Values.Select(_ => (float)(Half)(float)random.NextDouble())];

    public static Model Compressed(Model model, RoundedLayer rounded) => ModelRewriter.Replace(model, Others(model, rounded), NoMetadata);

    /// <summary>The given layer, and every other constant as it is.</summary>
    public static IReadOnlyList<RoundedLayer> Others(Model model, RoundedLayer rounded) =>
    [
        .. LayerFinder.Find(model).Layers.Select(l => l.TensorName == rounded.Layer.TensorName
            ? rounded
            : new RoundedLayer.Converted(l, new Candidate.Single())),
    ];

    /// <summary>ONNX Runtime on the packed model gives x Ŵᵀ + b of the dequantized weights, computed in double precision; x as the layer sees it.</summary>
    public static void ComputesAs(Model compressed, Matrix<float> weights, float[] bias, string what, Func<Matrix<float>, Matrix<float>>? seen = null)
    {
        GraphCheck.Ensure(compressed);
        var x = Matrices.Weights(Tokens, weights.Columns, 99, 1);
        using var runner = ModelRunner.Load(compressed);
        var y = runner.Run(new Dictionary<string, Tensor> { ["x"] = Tensor.Of(x.Values.AsSpan(), Tokens, weights.Columns) })[0];
        Assert.Equal([Tokens, weights.Rows], y.Shape);
        if (seen is not null) x = seen(x);
        var expected = x.ToMathNet() * weights.ToMathNet().Transpose();
        var scale = x.ToMathNet().PointwiseAbs() * weights.ToMathNet().PointwiseAbs().Transpose();
        for (var i = 0; i < Tokens; i++)
        {
            for (var j = 0; j < weights.Rows; j++)
            {
                var b = bias.Length > 0 ? bias[j] : 0;
                var difference = Math.Abs(expected[i, j] + b - y.Floats[(i * weights.Rows) + j]);
                // Sums in single precision, relative to the sum of magnitudes.
                Assert.True(difference <= 2e-6 * (scale[i, j] + Math.Abs(b) + 1e-6), $"{what}: [{i}, {j}] differs by {difference}");
            }
        }
    }

    /// <summary>Operators, with their domains, of the graph that ONNX Runtime keeps after its optimizations.</summary>
    public static IReadOnlyList<string> KeptOperators(Model model) => [.. Optimized(model).Graph.Nodes.Select(n => n.OpType)];

    /// <summary>What ONNX Runtime keeps after its optimizations.</summary>
    public static Model Optimized(Model model)
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("optimized.onnx");
        using var options = new SessionOptions
        {
            OptimizedModelFilePath = path,
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR,
        };
        using (new InferenceSession(OnnxWriter.ToBytes(model), options))
        {
        }

        return OnnxReader.Read(path);
    }
}
