using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Gradients.Rules;

/// <summary>
/// Y = X: ∂X = G. Also where training_mode is true: exporters leave such nodes behind, and ONNX Runtime's optimizer takes them out whatever their mode
/// says, unless their output is asked for.
/// </summary>
internal sealed class DropoutRule : IGradientRule
{
    public IReadOnlyList<string> Operators => ["Dropout"];

    public bool IsDifferentiable(Node node, int input) => input == 0;

    public void Differentiate(NodeGradient at)
    {
        if (at.Gradient.Length > 0) at.Give(0, at.Gradient);
    }
}
