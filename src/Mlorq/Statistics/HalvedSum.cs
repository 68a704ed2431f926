using Mlorq.Numerics;

namespace Mlorq.Statistics;

/// <summary>
/// A sum of symmetric matrices over samples in two parts, those of every other batch and the others: what is fitted to one half can be judged by the other.
/// </summary>
/// <param name="One">The part of the batches of <see cref="IsOfOne"/>.</param>
/// <param name="Other">The rest.</param>
internal sealed record HalvedSum(SymmetricMatrix<double> One, SymmetricMatrix<double> Other)
{
    public static HalvedSum Zero(int size) => new(new SymmetricMatrix<double>(size), new SymmetricMatrix<double>(size));

    /// <summary>Whether a batch is in <see cref="One"/>.</summary>
    public static bool IsOfOne(int batch) => batch % 2 == 0;

    public bool IsZero => IsZeroPart(One) && IsZeroPart(Other);

    /// <summary>Adds a matrix [n, n] in single precision.</summary>
    public void Add(ReadOnlySpan<float> values, bool isOfOne)
    {
        var sum = isOfOne ? One : Other;
        for (var i = 0; i < sum.Size; i++) StatisticsCollector.Accumulate(sum.Row(i), values.Slice(i * sum.Size, i + 1));
    }

    /// <summary>The sum of two.</summary>
    public HalvedSum Plus(HalvedSum sum) => new(Sum(One, sum.One), Sum(Other, sum.Other));

    /// <summary>Both halves; null where one of them is zero.</summary>
    public (SymmetricMatrix<double> One, SymmetricMatrix<double> Other)? Halves() => IsZeroPart(One) || IsZeroPart(Other) ? null : (One, Other);

    /// <summary>The whole.</summary>
    public SymmetricMatrix<double> Whole() => Sum(One, Other);

    private static SymmetricMatrix<double> Sum(SymmetricMatrix<double> a, SymmetricMatrix<double> b)
    {
        var sum = new SymmetricMatrix<double>(a.Size);
        System.Numerics.Tensors.TensorPrimitives.Add(a.Values, b.Values, sum.Values);
        return sum;
    }

    private static bool IsZeroPart(SymmetricMatrix<double> sum) => !Array.Exists(sum.Values, v => v > 0);
}
