namespace Mlorq.InterLayer;

/// <summary>The undominated items of one group with costs as integers: bytes strictly rising, costs strictly falling.</summary>
/// <param name="Bytes">Bytes of each item, [items].</param>
/// <param name="Costs">Cost of each item in fixed point, 0 … 2⁶¹, [items].</param>
/// <param name="Items">Index of each item in the caller's group, [items].</param>
internal sealed record IntegerFront(long[] Bytes, long[] Costs, int[] Items)
{
    public int Count => Items.Length;

    /// <summary>The same front with only the items at these positions (rising).</summary>
    public IntegerFront Keep(IReadOnlyList<int> positions) =>
        new([.. positions.Select(p => Bytes[p])], [.. positions.Select(p => Costs[p])], [.. positions.Select(p => Items[p])]);

    /// <summary>Positions of the corners of the lower convex hull, first and last included.</summary>
    public List<int> LowerHull()
    {
        var hull = new List<int>();
        for (var i = 0; i < Count; i++)
        {
            while (hull.Count >= 2 && !IsCorner(hull[^2], hull[^1], i)) hull.RemoveAt(hull.Count - 1);
            hull.Add(i);
        }

        return hull;
    }

    // Costs below 2⁶¹ times bytes below 2⁴⁹ need 128 bits.
    private bool IsCorner(int left, int middle, int right) =>
        (Int128)(Costs[left] - Costs[middle]) * (Bytes[right] - Bytes[middle])
        > (Int128)(Costs[middle] - Costs[right]) * (Bytes[middle] - Bytes[left]);
}
