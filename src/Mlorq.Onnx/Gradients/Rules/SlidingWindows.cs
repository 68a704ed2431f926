using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Gradients.Rules;

/// <summary>
/// How a kernel slides over the spatial axes of a large tensor, with one place of the kernel for each element of a small tensor: element o of the
/// small one meets, through element k of the kernel, element o · stride + k · dilation − begin of the large one. Convolution and pooling read the
/// large tensor and write the small one; transposed convolution does the reverse. All lists have an entry for each spatial axis.
/// </summary>
/// <param name="Large">Lengths of the large tensor.</param>
/// <param name="Small">Lengths of the small tensor.</param>
/// <param name="Kernel">Lengths of the kernel.</param>
/// <param name="Strides">Steps in the large tensor from one place of the kernel to the next.</param>
/// <param name="Dilations">Steps in the large tensor from one element of the kernel to the next.</param>
/// <param name="Begin">Padding in front of the large tensor.</param>
internal sealed record SlidingWindows(
    IReadOnlyList<long> Large,
    IReadOnlyList<long> Small,
    IReadOnlyList<long> Kernel,
    IReadOnlyList<long> Strides,
    IReadOnlyList<long> Dilations,
    IReadOnlyList<long> Begin)
{
    /// <summary>The number of spatial axes.</summary>
    public int Axes => Kernel.Count;

    /// <summary>Whether each element of the small tensor meets just the element of the large one at its own place.</summary>
    public bool IsPointwise => Large.SequenceEqual(Small) && Kernel.All(k => k == 1) && Strides.All(s => s == 1) && Begin.All(b => b == 0);

    /// <summary>Where the windows of a node lie.</summary>
    /// <param name="node">A convolution, transposed convolution or pooling.</param>
    /// <param name="large">Shape of the tensor that the windows lie in, batch and channels included.</param>
    /// <param name="small">Shape of the tensor with one element for each window, batch and channels included.</param>
    /// <param name="kernel">Lengths of the kernel.</param>
    public static SlidingWindows Of(Node node, IReadOnlyList<long> large, IReadOnlyList<long> small, IReadOnlyList<long> kernel)
    {
        var ones = Enumerable.Repeat(1L, kernel.Count).ToArray();
        var windows = new SlidingWindows(
            [.. large.Skip(2)], [.. small.Skip(2)], kernel, node.Ints("strides") ?? ones, node.Ints("dilations") ?? ones, new long[kernel.Count]);
        return windows with { Begin = BeginOf(node, windows) };
    }

    /// <summary>How far the last window reaches beyond the end of the large tensor; negative where it ends before it.</summary>
    public long Overhang(int axis) => Extent(axis) - Begin[axis] - Large[axis];

    /// <summary>The position in the large tensor where an element of the kernel lies in a window; outside 0 … length − 1 it lies in the padding.</summary>
    public long Position(int axis, long window, long element) => (window * Strides[axis]) + (element * Dilations[axis]) - Begin[axis];

    /// <summary>The padding that the windows really use, as ONNX's attribute <c>pads</c>.</summary>
    public NodeAttribute Pads() =>
        NodeAttribute.Ints("pads", [.. Begin, .. Enumerable.Range(0, Axes).Select(a => Math.Max(0, Overhang(a)))]);

    // From the first element of the first window to the last element of the last one.
    private long Extent(int axis) => (Strides[axis] * (Small[axis] - 1)) + (Dilations[axis] * (Kernel[axis] - 1)) + 1;

    private static IReadOnlyList<long> BeginOf(Node node, SlidingWindows windows)
    {
        var automatic = node.Text("auto_pad", "NOTSET");
        var isShaped = node.Is("ConvTranspose") && node.Has("output_shape");
        if (automatic == "VALID" && !isShaped) return windows.Begin;
        if (automatic == "NOTSET" && !isShaped) return node.Ints("pads") is { } pads ? [.. pads.Take(windows.Axes)] : windows.Begin;
        var output = node.Is("ConvTranspose") ? node.Ints("output_padding") : null;
        return [.. Enumerable.Range(0, windows.Axes).Select(a => Share(Math.Max(0, windows.Extent(a) + (output?[a] ?? 0) - windows.Large[a]), automatic))];
    }

    // Of an odd padding the larger half is at the end for SAME_UPPER and in front otherwise.
    private static long Share(long total, string automatic) => automatic == "SAME_UPPER" ? total / 2 : total - (total / 2);
}
