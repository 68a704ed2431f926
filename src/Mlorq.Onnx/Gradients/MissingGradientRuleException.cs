using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Gradients;

/// <summary>A node on the way from a weight to the outputs has an operator that cannot be differentiated.</summary>
public sealed class MissingGradientRuleException : MlorqException
{
    /// <summary>Creates the exception.</summary>
    public MissingGradientRuleException(Node node)
        : base($"Node '{node.DisplayName}' has operator {(node.Domain.Length == 0 ? "" : node.Domain + ":")}{node.OpType}, which Mlorq cannot differentiate, and it lies between weights and outputs. "
            + "Measure the layers' effects on the outputs instead (--sensitivity measured; SensitivityMethod.Measured), or project a tensor in front of it (--project NAME).")
    {
        OpType = node.OpType;
        NodeName = node.DisplayName;
    }

    /// <summary>The operator.</summary>
    public string OpType { get; }

    /// <summary>The node's name.</summary>
    public string NodeName { get; }
}
