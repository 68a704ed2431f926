namespace Mlorq.TestKit;

/// <summary>Comparisons of numbers that fail on NaN, infinity and wrong lengths, and say where the worst difference is.</summary>
public static class Close
{
    /// <summary>Every |actual − expected| ≤ absolute + relative · |expected|.</summary>
    public static void Equal(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, double relative, double absolute = 0)
    {
        var e = new double[expected.Length];
        var a = new double[actual.Length];
        for (var i = 0; i < e.Length; i++) e[i] = expected[i];
        for (var i = 0; i < a.Length; i++) a[i] = actual[i];
        Equal(e, a, relative, absolute);
    }

    /// <inheritdoc cref="Equal(ReadOnlySpan{float}, ReadOnlySpan{float}, double, double)"/>
    public static void Equal(ReadOnlySpan<double> expected, ReadOnlySpan<double> actual, double relative, double absolute = 0)
    {
        if (expected.Length != actual.Length) Assert.Fail($"Expected {expected.Length} numbers, got {actual.Length}.");
        for (var i = 0; i < expected.Length; i++)
        {
            // Written so that NaN and infinity on either side fail.
            var difference = Math.Abs(actual[i] - expected[i]);
            if (!(difference <= absolute + (relative * Math.Abs(expected[i]))) || !double.IsFinite(actual[i]))
            {
                Assert.Fail($"Element {i}: expected {expected[i]:R}, got {actual[i]:R} (difference {difference:G3}).");
            }
        }
    }

    /// <summary>‖actual − expected‖ ≤ tolerance · ‖expected‖ (Frobenius), for results whose single elements may be near zero.</summary>
    public static void EqualInNorm(ReadOnlySpan<double> expected, ReadOnlySpan<double> actual, double tolerance)
    {
        if (expected.Length != actual.Length) Assert.Fail($"Expected {expected.Length} numbers, got {actual.Length}.");
        double error = 0, norm = 0;
        for (var i = 0; i < expected.Length; i++)
        {
            error += (actual[i] - expected[i]) * (actual[i] - expected[i]);
            norm += expected[i] * expected[i];
        }

        if (!(Math.Sqrt(error) <= tolerance * Math.Sqrt(norm))) Assert.Fail($"Relative error {Math.Sqrt(error / norm):G3} exceeds {tolerance:G3}.");
    }
}
