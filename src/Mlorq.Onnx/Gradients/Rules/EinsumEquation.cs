namespace Mlorq.Onnx.Gradients.Rules;

/// <summary>The equation of an Einsum node with an own letter for each axis: ellipses are spelled out.</summary>
/// <param name="Operands">For each operand the labels of its axes.</param>
/// <param name="Output">The labels of the output's axes.</param>
internal sealed record EinsumEquation(IReadOnlyList<string> Operands, string Output)
{
    private const string Ellipsis = "...";
    private const string Letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    /// <summary>Reads an equation.</summary>
    /// <param name="equation">For example <c>bij,bjk->bik</c> or, with the output left to the rules, <c>...ij,...jk</c>.</param>
    /// <param name="ranks">The operands' numbers of axes.</param>
    public static EinsumEquation Parse(string equation, IReadOnlyList<int> ranks)
    {
        var sides = equation.Replace(" ", "", StringComparison.Ordinal).Split("->");
        var terms = sides[0].Split(',');
        // An ellipsis stands for the axes that the term does not name; axes of several operands are matched from the right.
        var hidden = terms.Select((t, i) => t.Contains(Ellipsis, StringComparison.Ordinal) ? ranks[i] - (t.Length - Ellipsis.Length) : 0).ToArray();
        var free = string.Concat(Letters.Where(l => !equation.Contains(l, StringComparison.Ordinal)).Take(hidden.Max()));
        var operands = terms.Select((t, i) => t.Replace(Ellipsis, free[^hidden[i]..], StringComparison.Ordinal)).ToList();
        return new EinsumEquation(operands, sides.Length > 1 ? sides[1].Replace(Ellipsis, free, StringComparison.Ordinal) : Implied(operands, free));
    }

    // The axes of the ellipsis, then what occurs once, by the alphabet.
    private static string Implied(IReadOnlyList<string> operands, string free)
    {
        var all = string.Concat(operands);
        return free + string.Concat(Letters.Where(l => !free.Contains(l, StringComparison.Ordinal) && all.Count(c => c == l) == 1));
    }
}
