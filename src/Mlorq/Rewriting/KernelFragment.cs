using Mlorq.Layers;
using Mlorq.Onnx.Graphs;
using Mlorq.Quantization;
using Mlorq.Rounding;

namespace Mlorq.Rewriting;

/// <summary>
/// What a low-bit kernel puts into the graph: one call of a function that gives the kernel back in single precision. It folds
/// when the file is loaded, so it saves bytes of the file, not of memory. Of a table the rows that are looked up are given back alone, so it stays small in memory as well.
/// </summary>
internal static class KernelFragment
{
    public static Fragment Dense(KernelLayer layer, WeightFormat format)
    {
        IEnumerable<Node> calls = layer is TableLayer table
            ? table.Uses.Select(use => Lookup(layer.Name, format, use.Name, use.Input(1), use.Outputs))
            : [new Node(KernelFunctions.NameOf(format.BitWidth), "", [.. Stored(layer.Name, format), ShapeName(layer)], [layer.TensorName], domain: LinearFunctions.Domain)];
        return new Fragment([.. calls], [.. LinearFragment.Specs(layer.Name, format, layer.Rows, layer.Columns), .. ShapeSpecs(layer)]);
    }

    /// <summary>The call that gives back rows of what is stored under a name.</summary>
    internal static Node Lookup(string name, WeightFormat format, string nodeName, string indices, IEnumerable<string> outputs) =>
        new(KernelFunctions.LookupOf(format.BitWidth), nodeName, [.. Stored(name, format), indices], outputs, domain: LinearFunctions.Domain);

    /// <summary>The tensor that holds the number of weights in a row.</summary>
    internal static TensorSpec SizeSpec(string name) => new(SizeName(name), ElementType.Int64, [1]);

    /// <inheritdoc cref="SizeSpec"/>
    internal static (string Name, Tensor Value) Size(string name, int columns) => (SizeName(name), Tensor.Of([(long)columns], 1));

    public static IEnumerable<(string Name, Tensor Value)> Values(RoundedLayer.Kernel rounded) =>
    [
        .. LinearFragment.Values(rounded.Original.Name, rounded.Weight),
        Size(rounded.Original.Name, rounded.Original.Columns),
        (ShapeName(rounded.Original), Tensor.Of(rounded.Original.Shape.ToArray(), rounded.Original.Shape.Count)),
    ];

    // What is looked up has the shape of the indices.
    private static IEnumerable<TensorSpec> ShapeSpecs(KernelLayer layer)
    {
        yield return SizeSpec(layer.Name);
        if (layer is not TableLayer) yield return new TensorSpec(ShapeName(layer), ElementType.Int64, [layer.Shape.Count]);
    }

    private static string[] Stored(string name, WeightFormat format) => [.. LinearFragment.StoredNames(name, format).SkipLast(1), SizeName(name)];

    private static string SizeName(string name) => $"{name}/size";

    private static string ShapeName(KernelLayer layer) => $"{layer.Name}/shape";
}
