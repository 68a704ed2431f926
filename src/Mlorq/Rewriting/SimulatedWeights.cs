using Mlorq.IntraLayer;
using Mlorq.Layers;
using Mlorq.Numerics;
using Mlorq.Onnx.Graphs;
using Mlorq.Rounding;

namespace Mlorq.Rewriting;

/// <summary>
/// The original graph with the values that compressed layers stand for, in single precision: what the compressed file must compute,
/// by arithmetic that shares nothing with its packed codes.
/// </summary>
internal static class SimulatedWeights
{
    public static Model Of(Model model, IReadOnlyList<RoundedLayer> layers)
    {
        var editor = model.Edit();
        foreach (var rounded in layers)
        {
            switch (rounded)
            {
                case RoundedLayer.Dense dense:
                    Set(editor, dense.Linear, dense.Weight.Dequantize(), dense.Bias);
                    break;
                case RoundedLayer.LowRank pair:
                    Set(editor, pair.Linear, MatrixProduct.Multiply(pair.Left.Dequantize(), pair.Right.Dequantize()), pair.Bias);
                    break;
                case RoundedLayer.Kernel kernel:
                    editor.SetInitializer(kernel.Layer.TensorName, Tensor.Of(kernel.Weight.Dequantize().Values.AsSpan(), [.. kernel.Layer.Shape]));
                    break;
                default:
                    var original = model.Graph.Initializer(rounded.Layer.TensorName)!;
                    editor.SetInitializer(rounded.Layer.TensorName, Tensor.Of(Converted(rounded, original), [.. original.Shape]));
                    break;
            }
        }

        return editor.ToModel();
    }

    private static void Set(ModelEditor editor, LinearLayer layer, Matrix<float> weight, float[] bias)
    {
        editor.SetInitializer(layer.TensorName, Tensor.Of(weight.Transpose().Values.AsSpan(), [.. layer.Shape]));
        if (layer.Bias is not null) editor.SetInitializer(layer.Bias.TensorName, Tensor.Of(Array.ConvertAll(bias, b => (float)(Half)b).AsSpan(), bias.Length));
    }

    private static float[] Converted(RoundedLayer rounded, Tensor original) => rounded.Candidate switch
    {
        Candidate.Half => Array.ConvertAll(original.Floats.ToArray(), v => (float)(Half)v),
        Candidate.Rows8 => RowBytes.Restored(original, ConstantFragment.ScaleShape(rounded.Layer)),
        _ => original.Floats.ToArray(),
    };
}
