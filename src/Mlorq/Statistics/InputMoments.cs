using Mlorq.Numerics;

namespace Mlorq.Statistics;

/// <summary>What is kept of a layer's inputs x: their number, their mean and their second moments, all in double.</summary>
/// <param name="Count">The number of input rows (tokens).</param>
/// <param name="Mean">E[x], [in].</param>
/// <param name="Second">C = E[x xᵀ], [in, in].</param>
public sealed record InputMoments(long Count, double[] Mean, Matrix<double> Second)
{
    /// <summary>The second moments of every other batch, and the number of rows in them: what is fitted to one half can be judged by the other. Null where there is one batch.</summary>
    internal (long Count, Matrix<double> Second)? Half { get; init; }

    /// <summary>Whether a batch is in <see cref="Half"/>.</summary>
    internal static bool IsOfHalf(int batch) => batch % 2 == 0;

    /// <summary>The second moments of each half; null where there is one batch.</summary>
    internal (Matrix<double> One, Matrix<double> Other)? Halves()
    {
        if (Half is not { } half || half.Count == 0 || half.Count == Count) return null;
        var other = new Matrix<double>(Second.Rows, Second.Columns);
        var share = (double)half.Count / Count;
        for (var i = 0; i < other.Values.Length; i++) other.Values[i] = (Second.Values[i] - (share * half.Second.Values[i])) / (1 - share);
        return (half.Second, other);
    }

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

        return new InputMoments(parts.Sum(p => p.Count), mean, second) { Half = parts.All(p => p.Half is not null) ? MergeHalves([.. parts.Select(p => p.Half!.Value)]) : null };
    }

    private static (long Count, Matrix<double> Second) MergeHalves(IReadOnlyList<(long Count, Matrix<double> Second)> halves)
    {
        var count = halves.Sum(h => h.Count);
        var second = new Matrix<double>(halves[0].Second.Rows, halves[0].Second.Columns);
        foreach (var half in halves)
        {
            for (var i = 0; i < second.Values.Length; i++) second.Values[i] += (double)half.Count / Math.Max(1, count) * half.Second.Values[i];
        }

        return (count, second);
    }
}
