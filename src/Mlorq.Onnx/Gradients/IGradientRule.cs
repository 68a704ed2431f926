using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Gradients;

/// <summary>How gradients pass an operator from its outputs to its inputs: its vector-Jacobian product, written in ONNX operators of opset 18.</summary>
internal interface IGradientRule
{
    /// <summary>The operators that the rule is for; with the domain in front where it is not the standard one (<c>com.microsoft:Gelu</c>).</summary>
    IReadOnlyList<string> Operators { get; }

    /// <summary>Whether an output changes smoothly with an input: true of data, false of indices, axes, conditions.</summary>
    bool IsDifferentiable(Node node, int input) => true;

    /// <summary>Whether this is not a derivative but what <see cref="RoundingGradient.StraightThrough"/> takes for one.</summary>
    bool IsStraightThrough => false;

    /// <summary>Adds the nodes that compute the gradients of the inputs that are wanted (<see cref="NodeGradient.Wants"/>) and gives them back.</summary>
    void Differentiate(NodeGradient at);
}
