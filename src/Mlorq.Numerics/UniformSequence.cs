namespace Mlorq.Numerics;

/// <summary>Random numbers from a seed, the same on every machine: SplitMix64 (Steele, Lea, Flood 2014).</summary>
public struct UniformSequence(ulong seed)
{
    private ulong _state = seed;

    /// <summary>A number from 0 to 1, without 1, with 53 random bits.</summary>
    public double Next()
    {
        _state += 0x9E3779B97F4A7C15;
        var z = _state;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return ((z ^ (z >> 31)) >> 11) * (1.0 / (1UL << 53));
    }

    /// <summary>A number from <paramref name="low"/> to <paramref name="high"/>.</summary>
    public double Next(double low, double high) => low + ((high - low) * Next());

    /// <summary>A standard normal number: Box and Muller, "A Note on the Generation of Random Normal Deviates" (1958), one of its two.</summary>
    public double NextNormal()
    {
        var radius = Math.Sqrt(-2 * Math.Log(1 - Next()));
        return radius * Math.Cos(2 * Math.PI * Next());
    }

    /// <summary>A whole number from 0 to below <paramref name="count"/>.</summary>
    public int Next(int count) => (int)(count * Next());
}
