using System.Collections.Frozen;
using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Gradients;

/// <summary>All rules, by operator: every class of this assembly that is one.</summary>
internal static class GradientRules
{
    private static readonly FrozenDictionary<string, IGradientRule> ByOperator = typeof(IGradientRule).Assembly
        .GetTypes()
        .Where(t => t is { IsClass: true, IsAbstract: false } && typeof(IGradientRule).IsAssignableFrom(t))
        .Select(t => (IGradientRule)Activator.CreateInstance(t)!)
        .SelectMany(rule => rule.Operators.Select(name => (Name: name, Rule: rule)))
        .ToFrozenDictionary(r => r.Name, r => r.Rule);

    /// <summary>The rule for a node's operator, or null.</summary>
    public static IGradientRule? Find(Node node, RoundingGradient rounding = RoundingGradient.None)
    {
        var rule = ByOperator.GetValueOrDefault(node.Domain.Length == 0 ? node.OpType : $"{node.Domain}:{node.OpType}");
        return rule is { IsStraightThrough: true } && rounding == RoundingGradient.None ? null : rule;
    }

    /// <summary>Whether gradients pass from the node's outputs to one of its inputs.</summary>
    public static bool Passes(Node node, int input, RoundingGradient rounding = RoundingGradient.None) => Find(node, rounding)?.IsDifferentiable(node, input) ?? false;
}
