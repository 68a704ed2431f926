using Mlorq.InterLayer;

namespace Mlorq.Tests.InterLayer;

/// <summary>Tries every plan.</summary>
internal static class BruteForce
{
    /// <summary>Least cost, then fewest bytes; null when nothing fits.</summary>
    public static (double Cost, long Bytes)? Best(IReadOnlyList<IReadOnlyList<KnapsackItem>> groups, long budget)
    {
        (double Cost, long Bytes)? best = null;
        Visit(0, 0, 0);
        return best;

        void Visit(int group, double cost, long bytes)
        {
            if (group == groups.Count)
            {
                if (bytes <= budget && (best is null || (cost, bytes).CompareTo(best.Value) < 0)) best = (cost, bytes);
                return;
            }

            foreach (var item in groups[group]) Visit(group + 1, cost + item.Cost, bytes + item.Bytes);
        }
    }
}
