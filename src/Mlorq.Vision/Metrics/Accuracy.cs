namespace Mlorq.Vision;

/// <summary>How many pictures a classifier got right.</summary>
/// <param name="Pictures">Pictures judged.</param>
/// <param name="Top1Correct">Pictures whose label has the largest logit.</param>
/// <param name="Top5Correct">Pictures whose label is among the five largest logits.</param>
public readonly record struct Accuracy(int Pictures, int Top1Correct, int Top5Correct)
{
    /// <summary>Share of right first answers, 0…1; 0 without pictures.</summary>
    public double Top1 => Pictures == 0 ? 0 : (double)Top1Correct / Pictures;

    /// <summary>Share of pictures whose label is among the first five answers, 0…1; 0 without pictures.</summary>
    public double Top5 => Pictures == 0 ? 0 : (double)Top5Correct / Pictures;

    /// <summary>Both sets of pictures together.</summary>
    public static Accuracy operator +(Accuracy left, Accuracy right) => Add(left, right);

    /// <summary>Both sets of pictures together.</summary>
    public static Accuracy Add(Accuracy left, Accuracy right) =>
        new(left.Pictures + right.Pictures, left.Top1Correct + right.Top1Correct, left.Top5Correct + right.Top5Correct);

    /// <summary>Judges logits. Equal logits: the lower class comes first. A picture with a NaN among its logits is wrong.</summary>
    /// <param name="logits">[pictures, classes].</param>
    /// <param name="labels">[pictures] right class of each, 0-based.</param>
    /// <exception cref="ArgumentException">The logits are not a whole number of classes per label, or a label is no class.</exception>
    public static Accuracy Of(ReadOnlySpan<float> logits, ReadOnlySpan<int> labels)
    {
        var classes = Logits.Classes(logits, labels.Length);
        var (top1, top5) = (0, 0);
        for (var i = 0; i < labels.Length; i++)
        {
            var rank = Logits.RankOf(logits.Slice(i * classes, classes), labels[i]);
            if (rank < 1) top1++;
            if (rank < 5) top5++;
        }

        return new Accuracy(labels.Length, top1, top5);
    }
}
