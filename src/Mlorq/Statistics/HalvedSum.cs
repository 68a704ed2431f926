using Mlorq.Numerics;

namespace Mlorq.Statistics;

/// <summary>A sum of matrices over samples, and the part of it from the batches of <see cref="InputMoments.Half"/>: what is fitted to one half can be judged by the other.</summary>
internal sealed record HalvedSum(Matrix<double> Whole, Matrix<double> Half)
{
    public static HalvedSum Zero(int size) => new(new Matrix<double>(size, size), new Matrix<double>(size, size));

    /// <summary>Adds single-precision values.</summary>
    public void Add(ReadOnlySpan<float> values, bool isOfHalf)
    {
        StatisticsCollector.Accumulate(Whole.Values, values);
        if (isOfHalf) StatisticsCollector.Accumulate(Half.Values, values);
    }

    /// <summary>Both halves; null where one of them is zero.</summary>
    public (Matrix<double> One, Matrix<double> Other)? Halves()
    {
        var other = Whole.Copy();
        for (var i = 0; i < other.Values.Length; i++) other.Values[i] -= Half.Values[i];
        return IsZero(Half) || IsZero(other) ? null : (Half, other);
    }

    private static bool IsZero(Matrix<double> sum) => !Array.Exists(sum.Values, v => v > 0);
}
