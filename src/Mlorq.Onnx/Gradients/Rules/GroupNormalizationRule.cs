using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Gradients.Rules;

/// <summary>
/// Y = s ⊙ x̂ + b with <see cref="Standardized"/> x̂ over each group of channels of each sample, or over each channel (InstanceNormalization). s and b hold
/// for a channel each; in opset 18 those of GroupNormalization hold for a group.
/// </summary>
internal sealed class GroupNormalizationRule : IGradientRule
{
    public IReadOnlyList<string> Operators => ["GroupNormalization", "InstanceNormalization"];

    public void Differentiate(NodeGradient at)
    {
        // [samples, channels, rest] and [samples, groups, rest].
        var channels = at.Ints(0, at.Shape(at.Input(0))[1], -1);
        var groups = at.Node.Is("GroupNormalization") ? at.Ints(0, at.Node.Int("num_groups", 1), -1) : channels;
        var parameters = at.Node.Is("GroupNormalization") && at.Shape(at.Input(1))[0] == at.Node.Int("num_groups", 1) ? groups : channels;
        var gradient = at.Op("Reshape", at.Gradient, parameters);
        if (at.Wants(2)) at.Give(2, OverSamples(at, gradient));
        if (!at.Wants(0) && !at.Wants(1)) return;
        var standardized = Standardized.OverLast(at, at.Op("Reshape", at.Input(0), groups), at.Node.Float("epsilon", 1e-5f));
        if (at.Wants(1)) at.Give(1, OverSamples(at, at.Op("Mul", gradient, Moved(at, standardized.Value, groups, parameters))));
        if (!at.Wants(0)) return;
        var scaled = at.Op("Mul", gradient, at.Op("Unsqueeze", at.Input(1), at.Ints(1)));
        at.Give(0, at.Op("Reshape", standardized.Back(Moved(at, scaled, parameters, groups)), at.ShapeTensor(at.Input(0))));
    }

    private static string OverSamples(NodeGradient at, string value) => at.Op("ReduceSum", [value, at.Ints(0, 2)], NodeAttribute.Int("keepdims", 0));

    private static string Moved(NodeGradient at, string value, string from, string to) => from == to ? value : at.Op("Reshape", value, to);
}
