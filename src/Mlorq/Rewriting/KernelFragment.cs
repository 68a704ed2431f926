using Mlorq.Layers;
using Mlorq.Onnx.Graphs;
using Mlorq.Quantization;
using Mlorq.Rounding;

namespace Mlorq.Rewriting;

/// <summary>
/// What a low-bit kernel puts into the graph: one call of a function that gives the kernel back in single precision. It folds
/// when the file is loaded, so it saves bytes of the file, not of memory.
/// </summary>
internal static class KernelFragment
{
    public static Fragment Dense(KernelLayer layer, WeightFormat format)
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
        .. LinearFragment.Values(rounded.Original.Name, rounded.Weight),
        (SizeName(rounded.Original), Tensor.Of([(long)rounded.Original.Weight.Columns], 1)),
        (ShapeName(rounded.Original), Tensor.Of(rounded.Original.Shape.ToArray(), rounded.Original.Shape.Count)),
    ];

    private static IEnumerable<TensorSpec> ShapeSpecs(KernelLayer layer) =>
    [
        new TensorSpec(SizeName(layer), ElementType.Int64, [1]),
        new TensorSpec(ShapeName(layer), ElementType.Int64, [layer.Shape.Count]),
    ];

    private static string SizeName(KernelLayer layer) => $"{layer.Name}/size";

    private static string ShapeName(KernelLayer layer) => $"{layer.Name}/shape";
}
