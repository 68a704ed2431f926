namespace Mlorq.Onnx.Gradients;

/// <summary>Standard normal numbers from a seed: SplitMix64 (Steele, Lea, Flood 2014) and the transform of Box and Muller.</summary>
internal struct NormalSequence(ulong seed)
{
    private ulong _state = seed;

    /// <summary>Fills a list with N(0, scale²).</summary>
    public void Fill(Span<float> values, double scale)
    {
        for (var i = 0; i < values.Length; i += 2)
        {
            var radius = scale * Math.Sqrt(-2 * Math.Log(1 - Uniform()));
            var (sine, cosine) = Math.SinCos(2 * Math.PI * Uniform());
            values[i] = (float)(radius * cosine);
            if (i + 1 < values.Length) values[i + 1] = (float)(radius * sine);
        }
    }

    // 53 random bits, in 0 … 1 without 1.
    private double Uniform()
    {
        _state += 0x9E3779B97F4A7C15;
        var z = _state;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return ((z ^ (z >> 31)) >> 11) * (1.0 / (1UL << 53));
    }
}
