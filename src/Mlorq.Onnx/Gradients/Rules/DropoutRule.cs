using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Gradients.Rules;

/// <summary>Y = X, as a trained model has it: ∂X = G.</summary>
internal sealed class DropoutRule : IGradientRule
{
    public IReadOnlyList<string> Operators => ["Dropout"];

    public bool IsDifferentiable(Node node, int input) => input == 0;

    public void Differentiate(NodeGradient at)
    {
        // training_mode is true: not the model that is to be compressed.
        if (at.Constant(at.Input(2)) is { } training && training.Bytes.Span.ContainsAnyExcept((byte)0)) throw new MissingGradientRuleException(at.Node);
        if (at.Gradient.Length > 0) at.Give(0, at.Gradient);
    }
}
