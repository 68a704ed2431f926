using Mlorq.InterLayer;

namespace Mlorq.Tests.InterLayer;

/// <summary>Seeded problems of known kinds.</summary>
internal static class Instances
{
    /// <summary>Bytes and costs that have nothing to do with each other.</summary>
    public static KnapsackItem[][] Random(int groups, int items, int seed) =>
        Make(groups, items, seed, (random, _, scale) => new(random.Next(100, 100_000), random.NextDouble() * scale));

    /// <summary>Like layers of a network: the error falls fourfold per bit, with noise, and scales differ by e¹⁰.</summary>
    public static KnapsackItem[][] RateDistortion(int groups, int items, int seed, double noise) =>
        Make(groups, items, seed, (random, parameters, scale) =>
        {
            var bits = 1 + (7 * random.NextDouble());
            return new((long)(parameters * bits / 8), scale * Math.Pow(4, -bits) * (1 + (noise * random.NextDouble())));
        });

    /// <summary>A budget at this part of the way from the smallest to the largest items.</summary>
    public static long Budget(KnapsackItem[][] groups, double part)
    {
        long smallest = groups.Sum(g => g.Min(i => i.Bytes)), largest = groups.Sum(g => g.Max(i => i.Bytes));
        return smallest + (long)((largest - smallest) * part);
    }

    private static KnapsackItem[][] Make(int groups, int items, int seed, Func<Random, long, double, KnapsackItem> item)
    {
        var random = new Random(seed);
        var made = new KnapsackItem[groups][];
        for (var g = 0; g < groups; g++)
        {
            var scale = Math.Exp((random.NextDouble() * 10) - 8);
            var parameters = 1000L * random.Next(1, 1500);
            made[g] = [.. Enumerable.Range(0, items).Select(_ => item(random, parameters, scale))];
        }

        return made;
    }
}
