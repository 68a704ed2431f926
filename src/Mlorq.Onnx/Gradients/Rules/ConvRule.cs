namespace Mlorq.Onnx.Gradients.Rules;

/// <summary>Y = X ∗ W + B. The input's gradient is a transposed convolution of G with W, the weight's a convolution of X with G over the batch.</summary>
internal sealed class ConvRule : IGradientRule
{
    public IReadOnlyList<string> Operators => ["Conv"];

    public void Differentiate(NodeGradient at)
    {
        var (x, w, group) = (at.Input(0), at.Input(1), at.Node.Int("group", 1));
        var windows = SlidingWindows.Of(at.Node, at.Shape(x), at.Shape(at.Output), [.. at.Shape(w).Skip(2)]);
        if (at.Wants(0)) at.Give(0, ConvolutionProducts.Large(at, windows, at.Gradient, w, group));
        if (at.Wants(1)) at.Give(1, ConvolutionProducts.Kernel(at, windows, x, x, at.Gradient, group));
        if (at.Wants(2)) at.Give(2, ConvolutionProducts.Bias(at));
    }
}
