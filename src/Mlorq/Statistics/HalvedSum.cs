using Mlorq.Numerics;

namespace Mlorq.Statistics;

/// <summary>
/// A sum of symmetric matrices over samples in two parts, those of every other batch and the others: what is fitted to one half can be judged by the other.
/// </summary>
/// <param name="Even">The part of batches 0, 2, 4 and so on.</param>
/// <param name="Odd">The rest.</param>
internal sealed record HalvedSum(SymmetricMatrix<double> Even, SymmetricMatrix<double> Odd)
{
    public static HalvedSum Zero(int size) => new(new SymmetricMatrix<double>(size), new SymmetricMatrix<double>(size));

    /// <summary>Whether a batch is in <see cref="Even"/>.</summary>
    public static bool IsEven(int batch) => batch % 2 == 0;

    /// <summary>Whether a sum of squares, or of matrices with such on their diagonals, is of nothing but zeros.</summary>
    public static bool AreZero(double[] values) => !Array.Exists(values, v => v > 0);

    public bool IsZero => AreZero(Even.Values) && AreZero(Odd.Values);

    /// <summary>Adds a matrix [n, n] in single precision.</summary>
    public void Add(ReadOnlySpan<float> values, bool isEven)
    {
        var sum = isEven ? Even : Odd;
        for (var i = 0; i < sum.Size; i++) StatisticsCollector.Accumulate(sum.Row(i), values.Slice(i * sum.Size, i + 1));
    }

    /// <summary>The sum of two.</summary>
    public HalvedSum Plus(HalvedSum sum) => new(Sum(Even, sum.Even), Sum(Odd, sum.Odd));

    /// <summary>Both halves; null where one of them is zero.</summary>
    public (SymmetricMatrix<double> Even, SymmetricMatrix<double> Odd)? Halves() => AreZero(Even.Values) || AreZero(Odd.Values) ? null : (Even, Odd);

    /// <summary>The whole.</summary>
    public SymmetricMatrix<double> Whole() => Sum(Even, Odd);

    private static SymmetricMatrix<double> Sum(SymmetricMatrix<double> a, SymmetricMatrix<double> b)
    {
        var sum = new SymmetricMatrix<double>(a.Size);
        System.Numerics.Tensors.TensorPrimitives.Add(a.Values, b.Values, sum.Values);
        return sum;
    }
}
