using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Gradients.Rules;

/// <summary>Expressions that many rules write; numbers get the element type of the first input.</summary>
internal static class Expressions
{
    /// <summary>A number of the first input's element type.</summary>
    public static string Number(this NodeGradient at, double value) => at.Scalar(value, at.Input(0));

    /// <summary>value · factor.</summary>
    public static string Times(this NodeGradient at, string value, double factor) => at.Op("Mul", value, at.Number(factor));

    /// <summary>value + term.</summary>
    public static string Plus(this NodeGradient at, string value, double term) => at.Op("Add", value, at.Number(term));

    /// <summary>1 − value.</summary>
    public static string OneMinus(this NodeGradient at, string value) => at.Op("Sub", at.Number(1), value);

    /// <summary>value where a condition holds, else 0.</summary>
    public static string OnlyWhere(this NodeGradient at, string condition, string value) => at.Op("Where", condition, value, at.Number(0));

    /// <summary>Gives the gradient of the only input: G · slope.</summary>
    public static void GiveTimes(this NodeGradient at, string slope) => at.Give(0, at.Op("Mul", at.Gradient, slope));

    /// <summary>A value converted to another element type.</summary>
    public static string CastTo(this NodeGradient at, string value, ElementType type) => at.Op("Cast", [value], NodeAttribute.Int("to", (long)type));

    /// <summary>How many elements of one value there are for each element of another, counted at run time.</summary>
    public static string CountRatio(this NodeGradient at, string whole, string part) =>
        at.CastTo(at.Op("Div", at.Op("Size", whole), at.Op("Size", part)), at.Type(at.Input(0)));
}
