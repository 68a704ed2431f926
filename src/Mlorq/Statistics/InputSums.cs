using Mlorq.Numerics;

namespace Mlorq.Statistics;

/// <summary>Sums over a layer's inputs x, all in double.</summary>
/// <param name="Count">The number of input rows (tokens).</param>
/// <param name="EvenCount">Those of the batches of <see cref="HalvedSum.Even"/>.</param>
/// <param name="First">Σ x, [in].</param>
/// <param name="Second">Σ x xᵀ, [in, in].</param>
internal sealed record InputSums(long Count, long EvenCount, double[] First, HalvedSum Second)
{
    /// <summary>What is kept of them.</summary>
    public KeptMoments Moments() => new(Array.ConvertAll(First, v => v / Math.Max(1, Count)), new KeptMatrix(Second.Whole().Scaled<float>(1.0 / Math.Max(1, Count))));

    /// <summary>E[x xᵀ] of each half; null where there is one batch.</summary>
    public (SymmetricMatrix<double> Even, SymmetricMatrix<double> Odd)? Halves() => EvenCount == 0 || EvenCount == Count ? null
        : (Second.Even.Scaled<double>(1.0 / EvenCount), Second.Odd.Scaled<double>(1.0 / (Count - EvenCount)));

    /// <summary>The sums of several inputs together.</summary>
    public static InputSums Merge(IEnumerable<InputSums> parts) => parts.Aggregate((a, b) => new InputSums(
        a.Count + b.Count, a.EvenCount + b.EvenCount, [.. a.First.Zip(b.First, (x, y) => x + y)], a.Second.Plus(b.Second)));
}
