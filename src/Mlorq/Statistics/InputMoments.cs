using Mlorq.Numerics;

namespace Mlorq.Statistics;

/// <summary>What is kept of a layer's inputs x: their number, their mean and their second moments, all in double.</summary>
/// <param name="Count">The number of input rows (tokens).</param>
/// <param name="Mean">E[x], [in].</param>
/// <param name="Second">C = E[x xᵀ], [in, in].</param>
public sealed record InputMoments(long Count, double[] Mean, Matrix<double> Second)
{
    /// <summary>The moments of several sets of inputs together.</summary>
    public static InputMoments Merge(IReadOnlyList<InputMoments> parts)
    {
        var width = parts[0].Mean.Length;
        var (count, mean, second) = (Math.Max(1, parts.Sum(p => p.Count)), new double[width], new Matrix<double>(width, width));
        foreach (var part in parts)
        {
            var share = (double)part.Count / count;
            for (var i = 0; i < mean.Length; i++) mean[i] += share * part.Mean[i];
            for (var i = 0; i < second.Values.Length; i++) second.Values[i] += share * part.Second.Values[i];
        }

        return new InputMoments(parts.Sum(p => p.Count), mean, second);
    }
}
