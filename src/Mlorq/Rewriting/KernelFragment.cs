using Mlorq.Layers;
using Mlorq.Onnx.Graphs;
using Mlorq.Quantization;
using Mlorq.Rounding;

namespace Mlorq.Rewriting;

/// <summary>
/// What a convolution's low-bit kernel puts into the graph: one call of a function that gives the kernel back in single precision. It folds
/// when the file is loaded, so it saves bytes of the file, not of memory.
/// </summary>
internal static class KernelFragment
{
    public static Fragment Dense(ConvolutionLayer layer, WeightFormat format)
    {
        var (outFeatures, inFeatures) = (layer.Weight.Rows, layer.Weight.Columns);
        var call = new Node(
            KernelFunctions.NameOf(format.BitWidth),
            "",
            [.. LinearFragment.StoredNames(layer.Name, format).SkipLast(1), SizeName(layer), ShapeName(layer)],
            [layer.TensorName],
            domain: LinearFunctions.Domain);
        return new Fragment([call], [.. LinearFragment.Specs(layer.Name, format, outFeatures, inFeatures), .. ShapeSpecs(layer)]);
    }

    public static IEnumerable<(string Name, Tensor Value)> Values(RoundedLayer.Kernel rounded) =>
    [
        .. LinearFragment.Values(rounded.Convolution.Name, rounded.Weight),
        (SizeName(rounded.Convolution), Tensor.Of([(long)rounded.Convolution.Weight.Columns], 1)),
        (ShapeName(rounded.Convolution), Tensor.Of(rounded.Convolution.Shape.ToArray(), rounded.Convolution.Shape.Count)),
    ];

    private static IEnumerable<TensorSpec> ShapeSpecs(ConvolutionLayer layer) =>
    [
        new TensorSpec(SizeName(layer), ElementType.Int64, [1]),
        new TensorSpec(ShapeName(layer), ElementType.Int64, [layer.Shape.Count]),
    ];

    private static string SizeName(ConvolutionLayer layer) => $"{layer.Name}/size";

    private static string ShapeName(ConvolutionLayer layer) => $"{layer.Name}/shape";
}
