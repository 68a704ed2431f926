using Mlorq.InterLayer;

namespace Mlorq.Tests.InterLayer;

/// <summary>The textbook way: the least cost for every number of bytes, group by group.</summary>
internal static class ByteTable
{
    /// <summary>Least cost, then fewest bytes.</summary>
    public static (double Cost, long Bytes) Best(KnapsackItem[][] groups, long budget)
    {
        var table = new double[budget + 1];
        Array.Fill(table, double.PositiveInfinity);
        table[0] = 0;
        foreach (var group in groups)
        {
            var next = new double[budget + 1];
            Array.Fill(next, double.PositiveInfinity);
            foreach (var item in group)
            {
                for (var b = item.Bytes; b <= budget; b++) next[b] = Math.Min(next[b], table[b - item.Bytes] + item.Cost);
            }

            table = next;
        }

        var best = Array.IndexOf(table, table.Min());
        return (table[best], best);
    }
}
