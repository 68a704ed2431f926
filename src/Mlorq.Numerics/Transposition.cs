namespace Mlorq.Numerics;

/// <summary>How an operand of a product is read from memory.</summary>
public enum Transposition
{
    /// <summary>As it is stored.</summary>
    None,

    /// <summary>With rows and columns exchanged.</summary>
    Transposed,
}
