using Mlorq.Numerics;

namespace Mlorq.Onnx.Gradients;

/// <summary>Standard normal numbers from a seed: the transform of Box and Muller.</summary>
internal struct NormalSequence(ulong seed)
{
    private UniformSequence _uniform = new(seed);

    /// <summary>Fills a list with N(0, scale²).</summary>
    public void Fill(Span<float> values, double scale)
    {
        for (var i = 0; i < values.Length; i += 2)
        {
            var radius = scale * Math.Sqrt(-2 * Math.Log(1 - _uniform.Next()));
            var (sine, cosine) = Math.SinCos(2 * Math.PI * _uniform.Next());
            values[i] = (float)(radius * cosine);
            if (i + 1 < values.Length) values[i + 1] = (float)(radius * sine);
        }
    }
}
