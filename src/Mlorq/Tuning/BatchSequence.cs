using Mlorq.Numerics;

namespace Mlorq.Tuning;

/// <summary>Which samples each step sees: all of them, in a new random order each time around.</summary>
internal sealed class BatchSequence(int samples, int batchSize, ulong seed)
{
    private readonly Queue<int> _left = new();
    private UniformSequence _random = new(seed);

    /// <summary>The samples of the next step, each with a seed for its variation.</summary>
    public IReadOnlyList<(int Index, ulong? Seed)> Next()
    {
        var batch = new List<(int, ulong?)>();
        for (var i = 0; i < batchSize; i++)
        {
            if (_left.Count == 0) Refill();
            batch.Add((_left.Dequeue(), (ulong)(_random.Next() * (1UL << 53))));
        }

        return batch;
    }

    /// <summary>Goes on from another sequence of the same seed after a number of steps.</summary>
    public void Skip(int steps)
    {
        for (var step = 0; step < steps; step++) Next();
    }

    // Fisher and Yates.
    private void Refill()
    {
        var order = Enumerable.Range(0, samples).ToArray();
        for (var i = order.Length - 1; i > 0; i--)
        {
            var other = _random.Next(i + 1);
            (order[i], order[other]) = (order[other], order[i]);
        }

        foreach (var index in order) _left.Enqueue(index);
    }
}
