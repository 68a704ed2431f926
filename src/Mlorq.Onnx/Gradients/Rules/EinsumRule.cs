using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Gradients.Rules;

/// <summary>
/// Y = the sum of products of the operands over the labels that the output lacks. An operand's gradient is the Einsum of G with all other operands; a
/// label that only this operand has was summed over, so the gradient is repeated along it.
/// </summary>
internal sealed class EinsumRule : IGradientRule
{
    public IReadOnlyList<string> Operators => ["Einsum"];

    public void Differentiate(NodeGradient at)
    {
        var equation = EinsumEquation.Parse(at.Node.Text("equation", ""), [.. at.Node.Inputs.Select(at.Rank)]);
        // A diagonal (ii) would have to be scattered.
        if (equation.Operands.Any(o => o.Distinct().Count() != o.Length)) throw new MissingGradientRuleException(at.Node);
        for (var i = 0; i < equation.Operands.Count; i++)
        {
            if (at.Wants(i)) at.Give(i, Of(at, equation, i));
        }
    }

    private static string Of(NodeGradient at, EinsumEquation equation, int operand)
    {
        var own = equation.Operands[operand];
        var others = Enumerable.Range(0, equation.Operands.Count).Where(i => i != operand).ToList();
        var known = string.Concat(own.Where(l => equation.Output.Contains(l, StringComparison.Ordinal) || others.Any(o => equation.Operands[o].Contains(l, StringComparison.Ordinal))));
        var gradient = SumRepeated(at, equation, operand, known, Product(at, equation, others, known));
        var missing = Enumerable.Range(0, own.Length).Where(a => !known.Contains(own[a], StringComparison.Ordinal)).Select(a => (long)a).ToArray();
        if (missing.Length > 0) gradient = at.Op("Unsqueeze", gradient, at.Ints(missing));
        var isWhole = own.All(l => Length(at, equation, l, operand) == 1 || others.Any(o => Length(at, equation, l, o) != 1) || equation.Output.Contains(l, StringComparison.Ordinal));
        return isWhole ? gradient : at.Op("Expand", gradient, at.ShapeTensor(at.Input(operand)));
    }

    private static string Product(NodeGradient at, EinsumEquation equation, List<int> others, string result)
    {
        // A gradient without axes has no labels: it multiplies the rest instead.
        var isScalar = equation.Output.Length == 0;
        List<(string Labels, string Value)> terms = [.. others.Select(o => (equation.Operands[o], at.Input(o)))];
        if (!isScalar) terms.Insert(0, (equation.Output, at.Gradient));
        if (terms.Count == 0) return at.Gradient;
        var text = $"{string.Join(',', terms.Select(t => t.Labels))}->{result}";
        var product = terms.Count == 1 && terms[0].Labels == result
            ? terms[0].Value
            : at.Op("Einsum", [.. terms.Select(t => t.Value)], NodeAttribute.Text("equation", text));
        return isScalar ? at.Op("Mul", product, at.Gradient) : product;
    }

    // Along an axis of length 1 the operand was repeated wherever the others are longer.
    private static string SumRepeated(NodeGradient at, EinsumEquation equation, int operand, string labels, string gradient)
    {
        var axes = Enumerable.Range(0, labels.Length)
            .Where(a => Length(at, equation, labels[a], operand) == 1 && Enumerable.Range(0, equation.Operands.Count).Any(o => Length(at, equation, labels[a], o) != 1))
            .Select(a => (long)a)
            .ToArray();
        return axes.Length == 0 ? gradient : at.Op("ReduceSum", [gradient, at.Ints(axes)], NodeAttribute.Int("keepdims", 1));
    }

    // The traced length of the axis with a label in one operand, 1 where it has none.
    private static long Length(NodeGradient at, EinsumEquation equation, char label, int operand) =>
        equation.Operands[operand].IndexOf(label, StringComparison.Ordinal) is >= 0 and var axis ? at.Shape(at.Input(operand))[axis] : 1;
}
