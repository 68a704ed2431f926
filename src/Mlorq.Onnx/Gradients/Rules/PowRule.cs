using System.Runtime.InteropServices;
using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Gradients.Rules;

/// <summary>Y = Aᴾ: ∂A = G P Aᴾ⁻¹, ∂P = G Y ln A (nothing where A ≤ 0).</summary>
internal sealed class PowRule : IGradientRule
{
    public IReadOnlyList<string> Operators => ["Pow"];

    public void Differentiate(NodeGradient at)
    {
        if (at.Wants(0)) at.GiveSummed(0, OfBase(at));
        if (at.Wants(1)) at.GiveSummed(1, OfExponent(at));
    }

    private static string OfBase(NodeGradient at)
    {
        var (a, g) = (at.Input(0), at.Gradient);
        return ConstantExponent(at) switch
        {
            0 => at.Times(g, 0),
            1 => g,
            2 => at.Op("Mul", g, at.Times(a, 2)),
            3 => at.Op("Mul", g, at.Op("Mul", a, at.Times(a, 3))),
            0.5 => at.Op("Div", at.Times(g, 0.5), at.Output),
            -0.5 => at.Op("Div", at.Op("Mul", at.Times(g, -0.5), at.Output), a),
            -1 => at.Op("Mul", g, at.Op("Mul", at.Output, at.Op("Neg", at.Output))),
            { } p => at.Op("Mul", g, at.Times(at.Op("Pow", a, at.Number(p - 1)), p)),
            null => at.Op("Mul", g, OfTensorExponent(at)),
        };
    }

    private static string OfTensorExponent(NodeGradient at)
    {
        var exponent = at.Input(1);
        if (at.Type(exponent) != at.Type(at.Input(0))) exponent = at.CastTo(exponent, at.Type(at.Input(0)));
        return at.Op("Mul", exponent, at.Op("Pow", at.Input(0), at.Plus(exponent, -1)));
    }

    private static string OfExponent(NodeGradient at)
    {
        var isPositive = at.Op("Greater", at.Input(0), at.Number(0));
        var logarithm = at.Op("Log", at.Op("Where", isPositive, at.Input(0), at.Number(1)));
        var gradient = at.Op("Mul", at.Gradient, at.Op("Mul", at.Output, logarithm));
        return at.Type(at.Input(1)) == at.Type(at.Input(0)) ? gradient : at.CastTo(gradient, at.Type(at.Input(1)));
    }

    private static double? ConstantExponent(NodeGradient at) => at.Constant(at.Input(1)) is { Count: 1 } exponent
        ? exponent.Type switch
        {
            ElementType.Float => exponent.Floats[0],
            ElementType.Float16 => (double)exponent.Halves[0],
            ElementType.Double => MemoryMarshal.Read<double>(exponent.Bytes.Span),
            ElementType.Int64 => exponent.Longs[0],
            ElementType.Int32 => MemoryMarshal.Read<int>(exponent.Bytes.Span),
            _ => null,
        }
        : null;
}
