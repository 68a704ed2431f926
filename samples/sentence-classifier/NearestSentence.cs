namespace SentenceClassifier;

/// <summary>Classifies a sentence as the known one with the nearest vector.</summary>
internal sealed class NearestSentence(Encoder encoder, IReadOnlyList<Sentence> known)
{
    private readonly IReadOnlyList<(float[] Vector, string Class)> _known = [.. known.Select(s => (encoder.Embed(s.Text), s.Class))];

    public string ClassOf(float[] vector) => _known.MaxBy(k => Encoder.Cosine(k.Vector, vector)).Class;
}
