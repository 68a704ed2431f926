namespace Mlorq;

/// <summary>How bytes are shared out among the layers.</summary>
public enum Allocation
{
    /// <summary>Each layer gets what it needs: the exact plan of least expected output noise.</summary>
    Mixed,

    /// <summary>All linear layers get the same bit width, group size and symmetry: the best one that fits the budget (a baseline).</summary>
    Uniform,
}
