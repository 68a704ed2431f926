using Mlorq.Quantization;

namespace Mlorq.Rewriting;

/// <summary>
/// Codes as they lie on disk, [out, blocks, bytes of a block], and zero points as the kernel wants them.
/// 2, 4 and 8 bits lie in the kernel's order, lower bits first. 3 and 6 bits lie in three planes of equal length, from which a few shifts and
/// masks over whole planes rebuild the kernel's bytes: planes 0 and 1 hold the lower bits, plane 2 the upper ones. Trellis codes of 2 bits, which run in 4, lie in two planes.
/// </summary>
internal static class CodePacking
{
    private delegate void BlockPacking(ReadOnlySpan<byte> codes, int bits, Span<byte> target);

    /// <summary>Bytes of one block on disk.</summary>
    public static int BytesPerBlock(WeightFormat format, int inFeatures) => format.BlockSize(inFeatures) * format.BitWidth.Bits / 8;

    /// <summary>Bytes of one row's zero points.</summary>
    public static int ZeroBytesPerRow(WeightFormat format, int inFeatures) => ((format.Blocks(inFeatures) * format.BitWidth.StoredZeroBits) + 7) / 8;

    /// <summary>The codes of a whole matrix.</summary>
    public static byte[] Pack(QuantizedMatrix matrix) =>
        Pack(matrix, Enumerable.Range(0, matrix.Grids.Rows), matrix.Grids.Format.BlockSize(matrix.Grids.Columns), matrix.Grids.Format.BitWidth.IsTrellis ? PackNibbles : PackBlock);

    /// <summary>The codes of some rows, 2 to 4 bits wide, as they are unpacked to nibbles.</summary>
    public static byte[] PackForNibbles(QuantizedMatrix matrix, IEnumerable<int> rows, int block) =>
        Pack(matrix, rows, block, PackNibbles);

    private static byte[] Pack(QuantizedMatrix matrix, IEnumerable<int> rows, int block, BlockPacking pack)
    {
        var (bits, columns) = (matrix.Grids.Format.BitWidth.Bits, matrix.Grids.Columns);
        var (chosen, blocks, bytes) = (rows.ToList(), (columns + block - 1) / block, block * bits / 8);
        var result = new byte[chosen.Count * blocks * bytes];
        // Codes past the end of the row meet no input; any value will do.
        var codes = new byte[blocks * block];
        for (var i = 0; i < chosen.Count; i++)
        {
            var levels = matrix.Codes.AsSpan(chosen[i] * columns, columns);
            if (matrix.Grids.Format.BitWidth.IsTrellis) Trellis.Encode(levels, codes);
            else levels.CopyTo(codes);
            for (var b = 0; b < blocks; b++) pack(codes.AsSpan(b * block, block), bits, result.AsSpan(((i * blocks) + b) * bytes, bytes));
        }

        return result;
    }

    /// <summary>The stored zero points of a matrix with an asymmetric format, one for each block.</summary>
    public static byte[] PackZeros(GridTable grids)
    {
        var format = grids.Format;
        var (blocks, bytes, bits) = (format.Blocks(grids.Columns), ZeroBytesPerRow(format, grids.Columns), format.BitWidth.StoredZeroBits);
        var result = new byte[grids.Rows * bytes];
        for (var i = 0; i < grids.Rows; i++)
        {
            for (var b = 0; b < blocks; b++)
            {
                var zero = grids.Zeros[(i * grids.Groups) + (grids.Groups == 1 ? 0 : b)];
                result[(i * bytes) + (b * bits / 8)] |= (byte)(zero << (b * bits % 8));
            }
        }

        return result;
    }

    private static void PackNibbles(ReadOnlySpan<byte> codes, int bits, Span<byte> target)
    {
        if (bits == 2) Pack2(codes, target);
        else PackBlock(codes, bits, target);
    }

    private static void PackBlock(ReadOnlySpan<byte> codes, int bits, Span<byte> target)
    {
        if (bits == 3)
        {
            Pack3(codes, target);
        }
        else if (bits == 6)
        {
            Pack6(codes, target);
        }
        else
        {
            for (var k = 0; k < codes.Length; k++) target[k * bits / 8] |= (byte)(codes[k] << (k * bits % 8));
        }
    }

    // Kernel byte t holds codes 2t and 2t + 1 in its two nibbles, as 4c + 2 (in a trellis 4c + 1). Its first half lies in the upper bit pairs of the nibbles, its
    // second half in the lower ones.
    private static void Pack2(ReadOnlySpan<byte> codes, Span<byte> target)
    {
        for (var t = 0; t < codes.Length / 2; t++)
        {
            var pairs = codes[2 * t] | (codes[(2 * t) + 1] << 4);
            target[t % target.Length] |= (byte)(t < target.Length ? pairs << 2 : pairs);
        }
    }

    // Kernel byte t holds codes 2t and 2t + 1 in its two nibbles, as 2c + 1 (in a trellis 2c). Quarter q of the kernel's bytes takes its bit pairs from
    // plane q mod 2 (shifted right by one for q < 2, else left by one) and its upper bits from plane 2 shifted left by q.
    private static void Pack3(ReadOnlySpan<byte> codes, Span<byte> target)
    {
        var plane = codes.Length / 8;
        for (var t = 0; t < codes.Length / 2; t++)
        {
            var (quarter, i) = (t / plane, t % plane);
            int low = codes[2 * t], high = codes[(2 * t) + 1];
            var pairs = (low & 3) | ((high & 3) << 4);
            target[(quarter % 2 * plane) + i] |= (byte)(quarter < 2 ? pairs << 2 : pairs);
            target[(2 * plane) + i] |= (byte)(((low >> 2) << (3 - quarter)) | ((high >> 2) << (7 - quarter)));
        }
    }

    // Kernel byte t holds code t as 4c + 2; lower four bits in planes 0 and 1, upper two in plane 2.
    private static void Pack6(ReadOnlySpan<byte> codes, Span<byte> target)
    {
        var plane = codes.Length / 4;
        for (var t = 0; t < codes.Length; t++)
        {
            var (quarter, i) = (t / plane, t % plane);
            target[(quarter % 2 * plane) + i] |= (byte)(quarter < 2 ? (codes[t] & 15) << 4 : codes[t] & 15);
            target[(2 * plane) + i] |= (byte)((codes[t] >> 4) << (6 - (2 * quarter)));
        }
    }
}
