using System.Collections.Frozen;
using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Gradients;

/// <summary>Operators that have no gradient by their nature, as opposed to those for which a rule is merely missing.</summary>
internal static class NonDifferentiable
{
    // What they give depends on the shape alone.
    private static readonly FrozenSet<string> Blind = new[] { "Shape", "Size", "ConstantOfShape", "EyeLike", "RandomNormalLike", "RandomUniformLike" }.ToFrozenSet();

    // Constant but for jumps.
    private static readonly FrozenSet<string> Steps = new[]
    {
        "ArgMax", "ArgMin", "Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual", "Not", "And", "Or", "Xor", "Floor", "Ceil", "Round", "Sign",
        "IsNaN", "IsInf", "NonZero", "OneHot", "Hardmax", "Cast", "Range",
    }.ToFrozenSet();

    // They select or branch by their inputs' values.
    private static readonly FrozenSet<string> Selections = new[]
    {
        "TopK", "NonMaxSuppression", "RoiAlign", "Unique", "If", "Loop", "Scan", "Compress", "Multinomial", "Bernoulli", "QuantizeLinear",
        "DynamicQuantizeLinear", "SequenceConstruct", "SequenceInsert", "SplitToSequence",
    }.ToFrozenSet();

    /// <summary>Whether the node's outputs do not depend on its inputs' values.</summary>
    public static bool IsBlind(Node node) => node.Domain.Length == 0 && Blind.Contains(node.OpType);

    /// <summary>Whether the node's outputs are constant but for jumps.</summary>
    public static bool IsStep(Node node) => node.Domain.Length == 0 && Steps.Contains(node.OpType);

    /// <summary>Whether the operator has no gradient by its nature.</summary>
    public static bool Contains(Node node) => IsBlind(node) || IsStep(node) || (node.Domain.Length == 0 && Selections.Contains(node.OpType));
}
