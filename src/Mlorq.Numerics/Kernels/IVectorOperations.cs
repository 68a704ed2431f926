namespace Mlorq.Numerics.Kernels;

/// <summary>What the register-tiled kernels need of a vector, so that one kernel text serves every width.</summary>
internal unsafe interface IVectorOperations<TVector, T>
    where TVector : unmanaged
    where T : unmanaged
{
    /// <summary>The numbers in a vector.</summary>
    static abstract int Width { get; }

    /// <summary>Reads <see cref="Width"/> numbers; no alignment needed.</summary>
    static abstract TVector Load(T* source);

    /// <summary>Writes <see cref="Width"/> numbers; no alignment needed.</summary>
    static abstract void Store(TVector vector, T* target);

    /// <summary>A vector of equal numbers.</summary>
    static abstract TVector Broadcast(T value);

    /// <summary>a · b + c, rounded once wherever the machine can.</summary>
    static abstract TVector MultiplyAdd(TVector a, TVector b, TVector c);
}
