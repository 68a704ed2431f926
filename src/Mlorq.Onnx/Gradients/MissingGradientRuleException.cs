using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Gradients;

/// <summary>A node on the way from a weight to the outputs has an operator that cannot be differentiated.</summary>
public sealed class MissingGradientRuleException : MlorqException
{
    /// <summary>Creates the exception.</summary>
    public MissingGradientRuleException(Node node)
        : base($"Node '{node.DisplayName}' has operator {QualifiedName(node)}, which Mlorq cannot differentiate, and it lies between weights and outputs. "
            + "Measure the layers' effects on the outputs instead (--sensitivity measured, without --weighting rows, tokens or hessian; SensitivityMethod.Measured), or project tensors on both sides of it (--project NAME, once for each).")
    {
        OpType = node.OpType;
        Operator = QualifiedName(node);
        NodeName = node.DisplayName;
    }

    /// <summary>The operator.</summary>
    public string OpType { get; }

    /// <summary>The operator with its domain in front, where it is not the standard one.</summary>
    public string Operator { get; }

    /// <summary>The node's name.</summary>
    public string NodeName { get; }

    private static string QualifiedName(Node node) => node.Domain.Length == 0 ? node.OpType : $"{node.Domain}:{node.OpType}";
}
