using System.Runtime.Intrinsics;

namespace Mlorq.Rounding.Adaptive;

/// <summary>
/// The elementwise part of soft rounding: shares h(α) = clip(1.2 · sigmoid(α) − 0.1, 0, 1), values step · (base + h) and slopes by α. All arrays
/// have the same length, a multiple of 16.
/// </summary>
internal static class SoftShares
{
    private const float Stretch = 1.2f;
    private const float Margin = 0.1f;

    /// <summary>α of a share strictly within −0.1 … 1.1.</summary>
    public static float Logit(float share)
    {
        var s = (share + Margin) / Stretch;
        return MathF.Log(s / (1 - s));
    }

    /// <summary>Sigmoids s of α and shares h.</summary>
    public static void Evaluate(float[] alpha, float[] sigmoids, float[] shares)
    {
        var one = Vector512<float>.One;
        for (var i = 0; i < alpha.Length; i += 16)
        {
            var s = one / (one + Vector512.Exp(-Vector512.LoadUnsafe(ref alpha[i])));
            s.StoreUnsafe(ref sigmoids[i]);
            Vector512.Min(Vector512.Max(Stretched(s), Vector512<float>.Zero), one).StoreUnsafe(ref shares[i]);
        }
    }

    /// <summary>step · (base + h).</summary>
    public static void Values(float[] steps, float[] bases, float[] shares, float[] values)
    {
        for (var i = 0; i < values.Length; i += 16)
        {
            (Vector512.LoadUnsafe(ref steps[i]) * (Vector512.LoadUnsafe(ref bases[i]) + Vector512.LoadUnsafe(ref shares[i]))).StoreUnsafe(ref values[i]);
        }
    }

    /// <summary>Slopes by α of the error, whose slopes by h are gradient · factor, and of hardness · (1 − |2h − 1|^β), unless β is 0.</summary>
    public static void Slopes(float[] gradient, float[] factors, float[] sigmoids, float hardness, float exponent, float[] slopes)
    {
        var one = Vector512<float>.One;
        for (var i = 0; i < slopes.Length; i += 16)
        {
            var s = Vector512.LoadUnsafe(ref sigmoids[i]);
            var h = Stretched(s);
            var slope = Vector512.LoadUnsafe(ref gradient[i]) * Vector512.LoadUnsafe(ref factors[i]);
            if (exponent > 0) slope -= Vector512.Create(2 * hardness * exponent) * SignedPower((h * 2) - one, exponent - 1);
            var inside = Vector512.GreaterThan(h, Vector512<float>.Zero) & Vector512.LessThan(h, one);
            Vector512.ConditionalSelect(inside, slope * s * (one - s) * Stretch, Vector512<float>.Zero).StoreUnsafe(ref slopes[i]);
        }
    }

    private static Vector512<float> Stretched(Vector512<float> sigmoid) => (sigmoid * Stretch) - Vector512.Create(Margin);

    // sign(x) |x|^p; 0 has no logarithm.
    private static Vector512<float> SignedPower(Vector512<float> x, float power) =>
        Vector512.CopySign(Vector512.Exp(Vector512.Log(Vector512.Max(Vector512.Abs(x), Vector512.Create(1e-20f))) * power), x);
}
