using Mlorq.Tuning;

namespace Mlorq.Tests.Tuning;

public class BatchSequenceTests
{
    [Theory]
    [InlineData(12, 4)]
    [InlineData(10, 4)]
    [InlineData(3, 8)]
    [InlineData(1, 1)]
    [InlineData(5, 5)]
    public void Every_sample_comes_once_in_each_round(int samples, int batchSize)
    {
        var sequence = new BatchSequence(samples, batchSize, 1);
        var batches = Enumerable.Range(0, 4 * samples).Select(_ => sequence.Next()).ToList();
        Assert.All(batches, b => Assert.Equal(batchSize, b.Count));
        var rounds = batches.SelectMany(b => b).Select(s => s.Index).Chunk(samples).Where(r => r.Length == samples).ToList();
        Assert.True(rounds.Count >= 4);
        Assert.All(rounds, r => Assert.Equal(Enumerable.Range(0, samples), r.Order()));
    }

    [Fact]
    public void Each_round_has_an_order_of_its_own()
    {
        var sequence = new BatchSequence(20, 20, 2);
        var rounds = Enumerable.Range(0, 30).Select(_ => string.Join(' ', sequence.Next().Select(s => s.Index))).ToList();
        Assert.Equal(30, rounds.Distinct().Count());
        Assert.DoesNotContain(string.Join(' ', Enumerable.Range(0, 20)), rounds);
    }

    // The place of each sample in the order is uniform: 2000 rounds, 100 at each of 20 places, a standard deviation of 10.
    [Fact]
    public void Every_order_is_as_likely()
    {
        var sequence = new BatchSequence(20, 20, 3);
        var counts = new int[20, 20];
        for (var round = 0; round < 2000; round++)
        {
            var batch = sequence.Next();
            for (var place = 0; place < 20; place++) counts[batch[place].Index, place]++;
        }

        Assert.All(counts.Cast<int>(), n => Assert.InRange(n, 50, 150));
    }

    [Fact]
    public void All_seeds_of_variations_differ()
    {
        var sequence = new BatchSequence(7, 16, 4);
        var seeds = Enumerable.Range(0, 500).SelectMany(_ => sequence.Next()).Select(s => s.Seed).ToList();
        Assert.DoesNotContain(null, seeds);
        Assert.Equal(seeds.Count, seeds.Distinct().Count());
    }

    [Fact]
    public void The_same_seed_gives_the_same_sequence_and_another_seed_another()
    {
        var (first, same, other) = (Of(5), Of(5), Of(6));
        Assert.Equal(first, same);
        Assert.NotEqual(first.ConvertAll(s => s.Index), other.ConvertAll(s => s.Index));
        Assert.Empty(first.Select(s => s.Seed).Intersect(other.Select(s => s.Seed)));

        static List<(int Index, ulong? Seed)> Of(ulong seed)
        {
            var sequence = new BatchSequence(11, 4, seed);
            return [.. Enumerable.Range(0, 20).SelectMany(_ => sequence.Next())];
        }
    }
}
