using CsCheck;
using Mlorq.InterLayer;

namespace Mlorq.Tests.InterLayer;

public sealed class ParetoFrontTests
{
    private static readonly Gen<KnapsackItem[]> _items =
        Gen.Select(Gen.Long[0, 12], Gen.Int[0, 12]).Select((bytes, cost) => new KnapsackItem(bytes, cost)).Array[0, 30];

    [Fact]
    public void What_stays_is_undominated_and_what_goes_is_dominated_or_repeats_an_earlier_item()
    {
        _items.Sample(items =>
        {
            var front = ParetoFront.Undominated(items);
            for (var i = 0; i < items.Length; i++)
            {
                var dominated = items.Any(o => o != items[i] && o.Bytes <= items[i].Bytes && o.Cost <= items[i].Cost);
                var repeats = Array.IndexOf(items, items[i]) < i;
                Assert.Equal(!dominated && !repeats, front.Contains(i));
            }

            Assert.True(front.Zip(front.Skip(1)).All(p => items[p.First].Bytes < items[p.Second].Bytes && items[p.First].Cost > items[p.Second].Cost));
        });
    }

    [Fact]
    public void The_order_of_the_items_does_not_matter()
    {
        Gen.Select(_items, Gen.Int).Sample((items, seed) =>
        {
            var shuffled = (KnapsackItem[])items.Clone();
            new Random(seed).Shuffle(shuffled);

            Assert.Equal(ParetoFront.Undominated(items).Select(i => items[i]), ParetoFront.Undominated(shuffled).Select(i => shuffled[i]));
        });
    }

    [Fact]
    public void Of_two_equal_candidates_one_stays()
    {
        // A test "dominated if another is no larger and no dearer" would let each drop the other.
        Assert.Equal([0], ParetoFront.Undominated([new(5, 1.5), new(5, 1.5)]));
        Assert.Equal([1, 0], ParetoFront.Undominated([new(5, 1.5), new(4, 2), new(5, 1.5), new(4, 2)]));
    }

    [Fact]
    public void Equal_bytes_keep_the_cheapest_and_equal_costs_keep_the_smallest()
    {
        Assert.Equal([2], ParetoFront.Undominated([new(5, 3), new(6, 1), new(5, 1)]));
        Assert.Empty(ParetoFront.Undominated([]));
    }

    [Fact]
    public void A_cost_that_is_no_number_is_refused()
    {
        Assert.Throws<ArgumentException>(() => ParetoFront.Undominated([new(1, 1), new(1, double.NaN)]));
        Assert.Throws<ArgumentNullException>(() => ParetoFront.Undominated(null!));
    }
}
