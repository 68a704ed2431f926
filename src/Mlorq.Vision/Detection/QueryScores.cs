namespace Mlorq.Vision;

/// <summary>What a query of DETR and its like stands for.</summary>
/// <param name="Query">Its index.</param>
/// <param name="Label">Its class, as the model counts.</param>
/// <param name="Score">How sure the model is.</param>
internal readonly record struct QueryScore(int Query, int Label, double Score);

/// <summary>From the logits of queries, [queries, width], to scores.</summary>
internal static class QueryScores
{
    // RT-DETR's number, Deformable DETR's is 100. COCO's figures look at no more than 100 of a category in a picture.
    private const int MostPairs = 300;

    /// <summary>Of each query its likeliest class, by a softmax over the classes and nothing, which is the last one.</summary>
    public static IReadOnlyList<QueryScore> Likeliest(float[] logits, int queries)
    {
        var width = queries == 0 ? 0 : logits.Length / queries;
        return [.. Enumerable.Range(0, queries).Select(q => Likeliest(q, logits.AsSpan(q * width, width)))];
    }

    /// <summary>The 300 pairs of query and class with the highest scores, by a sigmoid for each; of equal ones those that come first.</summary>
    public static IReadOnlyList<QueryScore> Highest(float[] logits, int queries)
    {
        var width = queries == 0 ? 0 : logits.Length / queries;
        return [.. Enumerable.Range(0, logits.Length).OrderByDescending(i => logits[i]).Take(MostPairs).Select(i => new QueryScore(i / width, i % width, 1 / (1 + Math.Exp(-(double)logits[i]))))];
    }

    private static QueryScore Likeliest(int query, ReadOnlySpan<float> logits)
    {
        var (label, highest, sum) = (0, float.NegativeInfinity, 0.0);
        foreach (var logit in logits) highest = Math.Max(highest, logit);
        foreach (var logit in logits) sum += Math.Exp(logit - highest);
        for (var i = 1; i < logits.Length - 1; i++) label = logits[i] > logits[label] ? i : label;
        return new QueryScore(query, label, Math.Exp(logits[label] - highest) / sum);
    }
}
