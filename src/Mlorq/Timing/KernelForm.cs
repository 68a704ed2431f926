using Mlorq.IntraLayer;
using Mlorq.Quantization;
using Mlorq.Rewriting;

namespace Mlorq.Timing;

/// <summary>What ONNX Runtime multiplies with when a layer is stored in one way: candidates of one form take the same time.</summary>
/// <param name="Name">
/// <c>float</c>; <c>b4g64</c> for packed codes of 4 bits in blocks of 64 weights, <c>b4g64z</c> with stored zero points; <c>bytes</c> for signed bytes; for two factors the
/// left one and the right one, <c>b4g16*b4g64</c>.
/// </param>
/// <param name="Rank">The rank of two factors; 0 for one matrix.</param>
public readonly record struct KernelForm(string Name, int Rank)
{
    private const string Float = "float";
    private const string Bytes = "bytes";

    /// <summary>The form of a linear layer with a number of input features. Codes of 3 bits run in the 4-bit kernel and codes of 6 bits in the 8-bit kernel, and so do rows of two widths in that of 4 bits.</summary>
    public static KernelForm Of(int inFeatures, Candidate candidate, RuntimeProfile runtime) => candidate switch
    {
        Candidate.Dense dense => new(NameOf(dense.Format, inFeatures, runtime), 0),
        Candidate.MixedRows mixed => new(runtime == RuntimeProfile.Speed ? Bytes : Packed(MixedRowsFunctions.KernelBits, mixed.Low.BlockSize(inFeatures), hasZeros: false), 0),
        Candidate.LowRank pair => new($"{NameOf(pair.Left, pair.Rank, runtime)}*{NameOf(pair.Right, inFeatures, runtime)}", pair.Rank),
        _ => new(Float, 0),
    };

    /// <inheritdoc/>
    public override string ToString() => Rank == 0 ? Name : $"{Name} of rank {Rank}";

    private static string NameOf(WeightFormat format, int inFeatures, RuntimeProfile runtime)
    {
        if (runtime == RuntimeProfile.Speed) return Bytes;
        // The 2-bit kernel gets zero points whether they are stored or not.
        var hasZeros = format.Symmetry == Symmetry.Asymmetric && !format.BitWidth.HasFloatZeros;
        return Packed(format.BitWidth.KernelBits, format.BlockSize(inFeatures), hasZeros);
    }

    private static string Packed(int bits, int block, bool hasZeros) => $"b{bits}g{block}{(hasZeros ? "z" : "")}";
}
