using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Passes;

/// <summary>What a node computes from constants alone, for the few operators that stand between exporters' weights and their readers.</summary>
internal static class ConstantValue
{
    /// <summary>The output's value; null where the operator, a type or an input does not allow to know it.</summary>
    /// <param name="node">A node with one output.</param>
    /// <param name="constant">The value of a name, null where it is not constant.</param>
    public static Tensor? Of(Node node, Func<string, Tensor?> constant)
    {
        if (node.Domain.Length > 0 || node.Outputs.Count != 1) return null;
        return node.OpType switch
        {
            "Constant" => OfAttributes(node),
            "Identity" => constant(node.Input(0)),
            "Transpose" => constant(node.Input(0)) is { } x && Permutation(node, x) is { } permutation ? x.Transpose(permutation) : null,
            "Cast" => constant(node.Input(0)) is { } source ? TensorCast.TryApply(source, (ElementType)node.Int("to", 0)) : null,
            "Reshape" => Shaped(node, constant, ReshapedShape),
            "Squeeze" => Shaped(node, constant, SqueezedShape),
            "Unsqueeze" => Shaped(node, constant, UnsqueezedShape),
            _ => null,
        };
    }

    private static Tensor? OfAttributes(Node node)
    {
        if (node.Has("value")) return node.Tensor("value");
        if (node.Has("value_float")) return Tensor.Of([node.Float("value_float", 0)]);
        if (node.Has("value_int")) return Tensor.Of([node.Int("value_int", 0)]);
        if (node.Floats("value_floats") is { } floats) return Tensor.Of([.. floats], floats.Count);
        if (node.Has("value_ints") && node.Ints("value_ints") is { } ints) return Tensor.Of([.. ints], ints.Count);
        return null;
    }

    private static long[]? Permutation(Node node, Tensor x)
    {
        var axes = Enumerable.Range(0, x.Shape.Count).Select(i => (long)i);
        long[] permutation = [.. node.Ints("perm") ?? [.. axes.Reverse()]];
        return permutation.Order().SequenceEqual(axes) ? permutation : null;
    }

    private static Tensor? Shaped(Node node, Func<string, Tensor?> constant, Func<Node, Tensor, long[]?, long[]?> shapeOf)
    {
        if (constant(node.Input(0)) is not { } x) return null;
        long[]? argument = null;
        if (node.Input(1).Length > 0)
        {
            if (constant(node.Input(1)) is not { Type: ElementType.Int64 } given) return null;
            argument = given.Longs.ToArray();
        }

        if (shapeOf(node, x, argument) is not { } shape || shape.Any(d => d < 0)) return null;
        // In floating point, because a damaged file can ask for any product.
        if (shape.Aggregate(1.0, (product, d) => product * d) != x.Count) return null;
        return shape.SequenceEqual(x.Shape) ? x : x.Reshape(shape);
    }

    private static long[]? ReshapedShape(Node node, Tensor x, long[]? wanted)
    {
        if (wanted is null || node.Int("allowzero", 0) != 0) return null;
        if (wanted.Where((d, i) => d == 0 && i >= x.Shape.Count).Any()) return null;
        var shape = wanted.Select((d, i) => d == 0 ? x.Shape[i] : d).ToArray();
        var open = Array.IndexOf(shape, -1);
        if (open < 0) return shape;
        var others = shape.Where((_, i) => i != open).Aggregate(1L, (a, b) => a * b);
        if (others <= 0) return null;
        shape[open] = x.Count / others;
        return shape;
    }

    private static long[]? SqueezedShape(Node node, Tensor x, long[]? axes)
    {
        var rank = x.Shape.Count;
        if (axes is null) return [.. x.Shape.Where(d => d != 1)];
        var dropped = axes.Select(a => a < 0 ? a + rank : a).ToHashSet();
        return dropped.Any(a => a < 0 || a >= rank || x.Shape[(int)a] != 1) ? null : [.. x.Shape.Where((_, i) => !dropped.Contains(i))];
    }

    private static long[]? UnsqueezedShape(Node node, Tensor x, long[]? axes)
    {
        if (axes is null) return null;
        var rank = x.Shape.Count + axes.Length;
        var added = axes.Select(a => a < 0 ? a + rank : a).ToHashSet();
        if (added.Count != axes.Length || added.Any(a => a < 0 || a >= rank)) return null;
        var old = 0;
        return [.. Enumerable.Range(0, rank).Select(i => added.Contains(i) ? 1 : x.Shape[old++])];
    }
}
