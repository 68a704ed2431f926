using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Gradients.Rules;

/// <summary>
/// Convolution ties a large tensor [N, C, …], a small one [N, M, …] and a kernel [M, C/group, …] together; each of the three has a gradient that is a
/// product of the other two. Operators Conv and ConvTranspose differ only in which of the tensors is the output.
/// </summary>
internal static class ConvolutionProducts
{
    /// <summary>The large tensor from the small one: a transposed convolution.</summary>
    public static string Large(NodeGradient at, SlidingWindows windows, string small, string kernel, long group)
    {
        // Elements at the end of the large tensor that no window reaches are there too, as zeros.
        var unreached = Enumerable.Range(0, windows.Axes).Select(a => Math.Max(0, -windows.Overhang(a))).ToArray();
        return at.Op(
            "ConvTranspose",
            [small, kernel],
            NodeAttribute.Ints("strides", [.. windows.Strides]),
            NodeAttribute.Ints("dilations", [.. windows.Dilations]),
            windows.Pads(),
            NodeAttribute.Ints("output_padding", unreached),
            NodeAttribute.Int("group", group));
    }

    /// <summary>The small tensor from the large one: a convolution.</summary>
    public static string Small(NodeGradient at, SlidingWindows windows, string large, string kernel, long group)
    {
        var small = at.Op(
            "Conv",
            [large, kernel],
            NodeAttribute.Ints("strides", [.. windows.Strides]),
            NodeAttribute.Ints("dilations", [.. windows.Dilations]),
            windows.Pads(),
            NodeAttribute.Int("group", group));
        return Cut(at, windows, small, windows.Small, windows.Strides);
    }

    /// <summary>
    /// The kernel from the large and the small tensor, summed over the batch: a convolution in which batch and channels change places and the small
    /// tensor is the kernel. An element of the kernel is one step of its dilation from the next, so strides and dilations change places too.
    /// </summary>
    /// <param name="at">The node.</param>
    /// <param name="windows">Where the windows lie.</param>
    /// <param name="large">The large tensor.</param>
    /// <param name="largeShapeOf">The forward value that has its shape.</param>
    /// <param name="small">The small tensor.</param>
    /// <param name="group">The number of groups.</param>
    public static string Kernel(NodeGradient at, SlidingWindows windows, string large, string largeShapeOf, string small, long group)
    {
        if (group == 1 && windows.IsPointwise) return PointwiseKernel(at, large, largeShapeOf, small, at.Shape(at.Input(1))[0]);
        var data = SwapBatchAndChannels(at, windows, WithAnImage(at, large));
        if (group > 1) data = GroupsToChannels(at, data, largeShapeOf, group);
        var kernel = at.Op(
            "Conv",
            [data, SwapBatchAndChannels(at, windows, WithAnImage(at, small))],
            NodeAttribute.Ints("strides", [.. windows.Dilations]),
            NodeAttribute.Ints("dilations", [.. windows.Strides]),
            windows.Pads(),
            NodeAttribute.Int("group", group));
        return SwapBatchAndChannels(at, windows, Cut(at, windows, kernel, windows.Kernel, windows.Dilations));
    }

    /// <summary>The bias: it was repeated over the batch and the spatial axes.</summary>
    public static string Bias(NodeGradient at)
    {
        var axes = Enumerable.Range(0, at.Rank(at.Output)).Where(a => a != 1).Select(a => (long)a).ToArray();
        return at.Op("ReduceSum", [at.Gradient, at.Ints(axes)], NodeAttribute.Int("keepdims", 0));
    }

    // One matrix product for each image: far faster than a convolution whose kernel is the whole image.
    private static string PointwiseKernel(NodeGradient at, string large, string largeShapeOf, string small, long smallChannels)
    {
        var length = at.Op("ReduceProd", [Spatial(at, largeShapeOf)], NodeAttribute.Int("keepdims", 1));
        string Flat(string value, long channels) => at.Op("Reshape", value, at.Op("Concat", [at.Ints(-1, channels), length], NodeAttribute.Int("axis", 0)));
        var transposed = at.Op("Transpose", [Flat(large, at.Shape(largeShapeOf)[1])], NodeAttribute.Ints("perm", 0, 2, 1));
        var products = at.Op("MatMul", Flat(small, smallChannels), transposed);
        var kernel = at.Op("ReduceSum", [products, at.Ints(0)], NodeAttribute.Int("keepdims", 0));
        return at.Op("Unsqueeze", kernel, at.Ints([.. Enumerable.Range(2, at.Rank(largeShapeOf) - 2).Select(a => (long)a)]));
    }

    private static string Spatial(NodeGradient at, string shapeOf) => at.Op("Slice", at.ShapeTensor(shapeOf), at.Ints(2), at.Ints(long.MaxValue));

    // Where there is not one image, one of zeros: a convolution over no channels can keep ONNX Runtime busy for ever.
    private static string WithAnImage(NodeGradient at, string value)
    {
        var shape = at.Op("Shape", value);
        var missing = at.Op("Sub", at.Ints(1), at.Op("Min", at.Ints(1), at.Op("Slice", shape, at.Ints(0), at.Ints(1))));
        var others = at.Op("Slice", shape, at.Ints(1), at.Ints(long.MaxValue));
        var zeros = at.Op("Expand", at.Scalar(0, at.Output), at.Op("Concat", [missing, others], NodeAttribute.Int("axis", 0)));
        return at.Op("Concat", [value, zeros], NodeAttribute.Int("axis", 0));
    }

    private static string SwapBatchAndChannels(NodeGradient at, SlidingWindows windows, string value) =>
        at.Op("Transpose", [value], NodeAttribute.Ints("perm", [1, 0, .. Enumerable.Range(2, windows.Axes).Select(a => (long)a)]));

    // [group · C, N, …] → [C, group · N, …]: each group is convolved with its own part of the small tensor's channels.
    private static string GroupsToChannels(NodeGradient at, string value, string shapeOf, long group)
    {
        var channels = at.Shape(shapeOf)[1] / group;
        if (channels > 1)
        {
            var split = at.Op("Reshape", value, at.Ints(group, channels, -1));
            value = at.Op("Transpose", [split], NodeAttribute.Ints("perm", 1, 0, 2));
        }

        return at.Op("Reshape", value, at.Op("Concat", [at.Ints(channels, -1), Spatial(at, shapeOf)], NodeAttribute.Int("axis", 0)));
    }

    // Where elements at the end of the large tensor are reached by no window, a convolution with this step may find room for more results.
    private static string Cut(NodeGradient at, SlidingWindows windows, string value, IReadOnlyList<long> lengths, IReadOnlyList<long> steps)
    {
        var axes = Enumerable.Range(0, windows.Axes);
        if (axes.All(a => -windows.Overhang(a) < steps[a])) return value;
        return at.Op("Slice", value, at.Ints(new long[windows.Axes]), at.Ints([.. lengths]), at.Ints([.. axes.Select(a => a + 2L)]));
    }
}
