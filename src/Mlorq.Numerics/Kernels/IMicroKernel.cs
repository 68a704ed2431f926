namespace Mlorq.Numerics.Kernels;

/// <summary>The innermost part of a product: one tile of C that is held in registers over the whole depth.</summary>
internal unsafe interface IMicroKernel<T>
    where T : unmanaged
{
    /// <summary>The rows of the tile.</summary>
    static abstract int Rows { get; }

    /// <summary>The columns of the tile.</summary>
    static abstract int Columns { get; }

    /// <summary>C += alpha · A · B for one whole tile.</summary>
    /// <param name="depth">The inner size.</param>
    /// <param name="alpha">The factor of the product.</param>
    /// <param name="a">A panel: for each step of the depth, <see cref="Rows"/> numbers.</param>
    /// <param name="b">B panel: for each step of the depth, <see cref="Columns"/> numbers.</param>
    /// <param name="c">The tile's first element.</param>
    /// <param name="cStride">The distance from one row of C to the next.</param>
    static abstract void Add(int depth, T alpha, T* a, T* b, T* c, nint cStride);
}
