namespace Mlorq.Vision;

/// <summary>How often two classifiers give the same first answer, right or wrong.</summary>
public static class Agreement
{
    /// <summary>Share of pictures with the same largest logit, 0…1. A NaN among a picture's logits on either side never agrees.</summary>
    /// <param name="reference">[pictures, classes] logits of one model.</param>
    /// <param name="actual">[pictures, classes] logits of the other.</param>
    /// <param name="pictures">At least 1.</param>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    public static double Of(ReadOnlySpan<float> reference, ReadOnlySpan<float> actual, int pictures)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(pictures, 1);
        if (reference.Length != actual.Length) throw new ArgumentException($"{reference.Length} logits against {actual.Length}.", nameof(actual));
        var classes = Logits.Classes(reference, pictures);
        var same = 0;
        for (var i = 0; i < pictures; i++)
        {
            var top = Logits.Top(reference.Slice(i * classes, classes));
            if (top >= 0 && top == Logits.Top(actual.Slice(i * classes, classes))) same++;
        }

        return (double)same / pictures;
    }
}
