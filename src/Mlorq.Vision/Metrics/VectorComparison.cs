namespace Mlorq.Vision;

/// <summary>How alike the vectors of two models are, those along the last axis of an output: embeddings, states of tokens, or scores of classes.</summary>
/// <param name="Vectors">How many were compared.</param>
/// <param name="CosineSum">The sum of their cosines.</param>
/// <param name="LeastCosine">The least of their cosines; 1 without vectors.</param>
/// <param name="SameLargest">Vectors whose largest element is the same: of scores, the first answer.</param>
public readonly record struct VectorComparison(long Vectors, double CosineSum, double LeastCosine, long SameLargest)
{
    /// <summary>No vectors.</summary>
    public static VectorComparison None { get; } = new(0, 0, 1, 0);

    /// <summary>Mean of the cosines, −1…1; 1 without vectors.</summary>
    public double MeanCosine => Vectors == 0 ? 1 : CosineSum / Vectors;

    /// <summary>Share of vectors with the same largest element, 0…1; 1 without vectors.</summary>
    public double Agreement => Vectors == 0 ? 1 : (double)SameLargest / Vectors;

    /// <summary>Both sets of vectors together.</summary>
    public static VectorComparison operator +(VectorComparison left, VectorComparison right) => Add(left, right);

    /// <summary>Both sets of vectors together.</summary>
    public static VectorComparison Add(VectorComparison left, VectorComparison right) => new(
        left.Vectors + right.Vectors, left.CosineSum + right.CosineSum, Math.Min(left.LeastCosine, right.LeastCosine), left.SameLargest + right.SameLargest);

    /// <summary>
    /// Compares vectors in double precision. Two vectors of zeros have the cosine 1, one of zeros and another 0; where an element is not finite it is −1, so that NaN meets no threshold,
    /// unless both have the same infinite elements (masked scores), which are left out.
    /// </summary>
    /// <param name="reference">[vectors, width] of one model.</param>
    /// <param name="actual">[vectors, width] of the other.</param>
    /// <param name="width">Elements of a vector, 1 or more.</param>
    /// <exception cref="ArgumentException">The lengths differ, or are no whole number of vectors.</exception>
    public static VectorComparison Of(ReadOnlySpan<float> reference, ReadOnlySpan<float> actual, int width)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        if (reference.Length != actual.Length || reference.Length % width != 0) throw new ArgumentException($"{reference.Length} and {actual.Length} elements for vectors of {width}.", nameof(actual));
        var sum = None;
        for (var start = 0; start < reference.Length; start += width)
        {
            var y = reference.Slice(start, width);
            var z = actual.Slice(start, width);
            var (cosine, top) = (Cosine(y, z), Logits.Top(y));
            sum += new VectorComparison(1, cosine, cosine, top >= 0 && top == Logits.Top(z) ? 1 : 0);
        }

        return sum;
    }

    private static double Cosine(ReadOnlySpan<float> y, ReadOnlySpan<float> z)
    {
        double product = 0, ofY = 0, ofZ = 0;
        for (var i = 0; i < y.Length; i++)
        {
            if (float.IsInfinity(y[i]) && y[i] == z[i]) continue;
            if (!float.IsFinite(y[i]) || !float.IsFinite(z[i])) return -1;
            product += (double)y[i] * z[i];
            ofY += (double)y[i] * y[i];
            ofZ += (double)z[i] * z[i];
        }

        if (ofY == 0 || ofZ == 0) return ofY == ofZ ? 1 : 0;
        return Math.Clamp(product / Math.Sqrt(ofY * ofZ), -1, 1);
    }
}
