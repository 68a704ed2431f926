using Mlorq.Layers;
using Mlorq.Onnx.Graphs;
using Mlorq.Quantization;
using Mlorq.Rounding;

namespace Mlorq.Rewriting;

/// <summary>
/// What a convolution's low-bit kernel puts into the graph: the linear function of its bit width applied to the identity gives the kernel
/// back, transposed. That folds to single precision when the file is loaded, so it saves bytes of the file, not of memory.
/// </summary>
internal static class KernelFragment
{
    private const string Prefix = "Kernel";

    public static string NameOf(BitWidth width) => $"{Prefix}{width.Bits}";

    public static Fragment Dense(ConvolutionLayer layer, WeightFormat format)
    {
        var (outFeatures, inFeatures) = (layer.Weight.Rows, layer.Weight.Columns);
        var call = new Node(
            NameOf(format.BitWidth),
            "",
            [.. LinearFragment.StoredNames(layer.Name, format), ShapeName(layer), SizeName(layer)],
            [layer.TensorName],
            LinearFragment.Attributes(format, outFeatures, inFeatures),
            LinearFunctions.Domain);
        return new Fragment([call], [.. LinearFragment.Specs(layer.Name, format, outFeatures, inFeatures), .. ShapeSpecs(layer)]);
    }

    public static IEnumerable<(string Name, Tensor Value)> Values(RoundedLayer.Kernel rounded) =>
    [
        .. LinearFragment.Values(rounded.Convolution.Name, rounded.Weight),
        (ShapeName(rounded.Convolution), Tensor.Of(rounded.Convolution.Shape.ToArray(), rounded.Convolution.Shape.Count)),
        (SizeName(rounded.Convolution), Tensor.Of([rounded.Convolution.Weight.Columns, (long)rounded.Convolution.Weight.Columns], 2)),
    ];

    public static Function For(BitWidth width) => new(
        LinearFunctions.Domain,
        NameOf(width),
        ["codes", "row_scale", "block_scale", "zero", "shape", "size"],
        ["y"],
        ["K", "N", "block_size"],
        [
            new Node("ConstantOfShape", "", ["size"], ["zeros"]),
            new Node("EyeLike", "", ["zeros"], ["identity"]),
            .. LinearFunctions.Body(width, "identity", "columns", LinearFunctions.AbsentBias),
            new Node("Transpose", "", ["columns"], ["rows_of_kernel"], [NodeAttribute.Ints("perm", 1, 0)]),
            new Node("Reshape", "", ["rows_of_kernel", "shape"], ["y"]),
        ],
        LinearFunctions.Opsets);

    private static IEnumerable<TensorSpec> ShapeSpecs(ConvolutionLayer layer) =>
    [
        new TensorSpec(ShapeName(layer), ElementType.Int64, [layer.Shape.Count]),
        new TensorSpec(SizeName(layer), ElementType.Int64, [2]),
    ];

    private static string ShapeName(ConvolutionLayer layer) => $"{layer.Name}/shape";

    private static string SizeName(ConvolutionLayer layer) => $"{layer.Name}/size";
}
