namespace Mlorq.Onnx.Gradients.Rules;

/// <summary>The derivatives of the two forms of GELU.</summary>
internal static class GeluSlope
{
    // Hendrycks and Gimpel, "Gaussian Error Linear Units", 2016: the constants of the tanh form.
    private const double Cubic = 0.044715;
    private static readonly double Linear = Math.Sqrt(2 / Math.PI);

    /// <summary>x Φ(x) has the slope Φ(x) + x φ(x); with u = x / √2 that is (1 + erf u) / 2 + u exp(−u²) / √π.</summary>
    public static string Exact(NodeGradient at, string x)
    {
        var u = at.Times(x, Math.Sqrt(0.5));
        var tail = at.Op("Mul", u, Bell(at, u, 1 / Math.Sqrt(Math.PI)));
        return at.Op("Add", tail, at.Plus(at.Times(at.Op("Erf", u), 0.5), 0.5));
    }

    /// <summary>height · exp(−u²); the factor is in the exponent, which saves a pass over the data.</summary>
    public static string Bell(NodeGradient at, string u, double height) =>
        at.Op("Exp", at.Op("Sub", at.Number(Math.Log(height)), at.Op("Mul", u, u)));

    /// <summary>x (1 + t) / 2 with t = tanh(a x (1 + c x²)) has the slope (1 + t + x (1 − t²) a (1 + 3 c x²)) / 2.</summary>
    public static string Tanh(NodeGradient at, string x)
    {
        var square = at.Op("Mul", x, x);
        var scaled = at.Times(x, Linear);
        var t = at.Op("Tanh", at.Op("Mul", scaled, at.Plus(at.Times(square, Cubic), 1)));
        var inner = at.Op("Mul", scaled, at.Plus(at.Times(square, 3 * Cubic), 1));
        // (1 + t + (1 − t²) i) / 2 = (1 + t) (1 + (1 − t) i) / 2
        var second = at.Plus(at.Op("Mul", at.OneMinus(t), inner), 1);
        return at.Op("Mul", at.Plus(at.Times(t, 0.5), 0.5), second);
    }
}
