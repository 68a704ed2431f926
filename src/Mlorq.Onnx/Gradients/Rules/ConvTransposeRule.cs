namespace Mlorq.Onnx.Gradients.Rules;

/// <summary>Y = transposed convolution of X with W, + B. The input's gradient is a convolution of G with W, the weight's a convolution of G with X over the batch.</summary>
internal sealed class ConvTransposeRule : IGradientRule
{
    public IReadOnlyList<string> Operators => ["ConvTranspose"];

    public void Differentiate(NodeGradient at)
    {
        var (x, w, group) = (at.Input(0), at.Input(1), at.Node.Int("group", 1));
        var windows = SlidingWindows.Of(at.Node, at.Shape(at.Output), at.Shape(x), [.. at.Shape(w).Skip(2)]);
        if (at.Wants(0)) at.Give(0, ConvolutionProducts.Small(at, windows, at.Gradient, w, group));
        if (at.Wants(1)) at.Give(1, ConvolutionProducts.Kernel(at, windows, at.Gradient, at.Output, x, group));
        if (at.Wants(2)) at.Give(2, ConvolutionProducts.Bias(at));
    }
}
