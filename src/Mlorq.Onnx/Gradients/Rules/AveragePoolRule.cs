using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Gradients.Rules;

/// <summary>
/// Y = the means of windows of X: each window's G / count goes to all its elements, which is a transposed convolution of G / count with ones. Channels
/// count as further batches there, so that one kernel serves all.
/// </summary>
internal sealed class AveragePoolRule : IGradientRule
{
    public IReadOnlyList<string> Operators => ["AveragePool"];

    public void Differentiate(NodeGradient at)
    {
        var (x, y, kernel) = (at.Input(0), at.Output, at.Node.Ints("kernel_shape")!);
        var windows = SlidingWindows.Of(at.Node, at.Shape(x), at.Shape(y), kernel);
        var shares = at.Op("Div", at.Gradient, Constant(at, Counts(at.Node, windows), [.. windows.Small]));
        var spatial = at.Op("Slice", at.ShapeTensor(y), at.Ints(2), at.Ints(long.MaxValue));
        var images = at.Op("Reshape", shares, at.Op("Concat", [at.Ints(-1, 1), spatial], NodeAttribute.Int("axis", 0)));
        var ones = Constant(at, [.. Enumerable.Repeat(1f, (int)kernel.Aggregate(1L, (p, k) => p * k))], [1, 1, .. kernel]);
        at.Give(0, at.Op("Reshape", ConvolutionProducts.Large(at, windows, images, ones, 1), at.ShapeTensor(x)));
    }

    private static string Constant(NodeGradient at, float[] values, long[] shape) =>
        at.Op("CastLike", at.AddConstant(Tensor.Of(values, shape)), at.Output);

    // By how much each window's sum is divided, for all windows row by row: the product of the counts along the axes.
    private static float[] Counts(Node node, SlidingWindows windows)
    {
        float[] counts = [1];
        for (var axis = 0; axis < windows.Axes; axis++)
        {
            var along = Enumerable.Range(0, (int)windows.Small[axis]).Select(o => Count(node, windows, axis, o)).ToArray();
            counts = [.. counts.SelectMany(c => along.Select(a => c * a))];
        }

        return counts;
    }

    // Padding counts where the node says so; what ceil_mode adds beyond the padding never does.
    private static float Count(Node node, SlidingWindows windows, int axis, long window)
    {
        var counted = node.Int("count_include_pad", 0) != 0;
        var first = counted ? -windows.Begin[axis] : 0;
        var end = windows.Large[axis] + (counted ? End(node, windows, axis) : 0);
        return Enumerable.Range(0, (int)windows.Kernel[axis]).Select(k => windows.Position(axis, window, k)).Count(p => p >= first && p < end);
    }

    private static long End(Node node, SlidingWindows windows, int axis) => node.Text("auto_pad", "NOTSET") == "NOTSET"
        ? node.Ints("pads")?[windows.Axes + axis] ?? 0
        : Math.Max(0, windows.Overhang(axis));
}
