using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Mlorq.Vision;

/// <summary>The two passes of a separable resampling. Sums are whole numbers, so vectorising cannot change a bit.</summary>
internal static class ResamplingPasses
{
    private const int FractionBits = ResamplingCoefficients.FractionBits;
    private const int Half = 1 << (FractionBits - 1);

    /// <summary>Resamples every row: [Height, Width, C] → [Height, <paramref name="width"/>, C].</summary>
    public static byte[] Horizontal(Picture picture, int width, ResamplingCoefficients coefficients)
    {
        var rowLength = picture.Width * picture.Channels;
        var resultLength = width * picture.Channels;
        var result = GC.AllocateUninitializedArray<byte>(checked(picture.Height * resultLength));

        // The kernels read four bytes at a time, past a row's end and under weights of 0: hence the copy with spare bytes.
        var row = new byte[rowLength + (4 * coefficients.Stride)];
        for (var y = 0; y < picture.Height; y++)
        {
            picture.Pixels.AsSpan(y * rowLength, rowLength).CopyTo(row);
            var target = result.AsSpan(y * resultLength, resultLength);
            if (picture.Channels == 3) RgbRow(row, target, coefficients);
            else GreyRow(row, target, coefficients);
        }

        return result;
    }

    /// <summary>Resamples every column: [Height, Width, C] → [<paramref name="height"/>, Width, C].</summary>
    public static byte[] Vertical(Picture picture, int height, ResamplingCoefficients coefficients)
    {
        var rowLength = picture.Width * picture.Channels;
        var result = GC.AllocateUninitializedArray<byte>(checked(height * rowLength));
        for (var y = 0; y < height; y++)
        {
            var rows = picture.Pixels.AsSpan(coefficients.First[y] * rowLength, coefficients.Count[y] * rowLength);
            SumOfRows(rows, rowLength, coefficients.Of(y)[..coefficients.Count[y]], result.AsSpan(y * rowLength, rowLength));
        }

        return result;
    }

    // One vector holds red, green, blue and a fourth value that is not used.
    private static void RgbRow(ReadOnlySpan<byte> row, Span<byte> target, ResamplingCoefficients coefficients)
    {
        ref var source = ref MemoryMarshal.GetReference(row);
        for (int x = 0, o = 0; o < target.Length; x++, o += 3)
        {
            var sum = Vector128.Create(Half);
            ref var pixel = ref Unsafe.Add(ref source, 3 * coefficients.First[x]);
            var weights = coefficients.Of(x)[..coefficients.Count[x]];
            for (var t = 0; t < weights.Length; t++) sum += FourBytes(ref Unsafe.Add(ref pixel, 3 * t)) * weights[t];
            sum = Clip(sum >> FractionBits);
            target[o] = (byte)sum[0];
            target[o + 1] = (byte)sum[1];
            target[o + 2] = (byte)sum[2];
        }
    }

    private static void GreyRow(ReadOnlySpan<byte> row, Span<byte> target, ResamplingCoefficients coefficients)
    {
        ref var source = ref MemoryMarshal.GetReference(row);
        for (var x = 0; x < target.Length; x++)
        {
            var sum = Vector128<int>.Zero;
            ref var pixel = ref Unsafe.Add(ref source, coefficients.First[x]);
            var weights = coefficients.Of(x);
            for (var t = 0; t < weights.Length; t += 4) sum += FourBytes(ref Unsafe.Add(ref pixel, t)) * Vector128.Create(weights[t..]);
            target[x] = (byte)Math.Clamp((Vector128.Sum(sum) + Half) >> FractionBits, 0, 255);
        }
    }

    private static void SumOfRows(ReadOnlySpan<byte> rows, int rowLength, ReadOnlySpan<int> weights, Span<byte> target)
    {
        var x = 0;
        for (; x <= rowLength - 16; x += 16)
        {
            var (a, b) = (Vector256.Create(Half), Vector256.Create(Half));
            for (var t = 0; t < weights.Length; t++)
            {
                var (low, high) = Vector256.Widen(Widen(Vector128.Create(rows[((t * rowLength) + x)..])));
                a += low * weights[t];
                b += high * weights[t];
            }

            var words = Vector256.Narrow(Clip(a >> FractionBits), Clip(b >> FractionBits)).AsUInt16();
            Vector128.Narrow(words.GetLower(), words.GetUpper()).CopyTo(target[x..]);
        }

        for (; x < rowLength; x++)
        {
            var sum = Half;
            for (var t = 0; t < weights.Length; t++) sum += rows[(t * rowLength) + x] * weights[t];
            target[x] = (byte)Math.Clamp(sum >> FractionBits, 0, 255);
        }
    }

    private static Vector256<short> Widen(Vector128<byte> bytes)
    {
        var (low, high) = Vector128.Widen(bytes);
        return Vector256.Create(low, high).AsInt16();
    }

    private static Vector128<int> FourBytes(ref byte first) =>
        Vector128.WidenLower(Vector128.WidenLower(Vector128.CreateScalarUnsafe(Unsafe.ReadUnaligned<uint>(ref first)).AsByte())).AsInt32();

    private static Vector128<int> Clip(Vector128<int> values) => Vector128.Max(Vector128.Min(values, Vector128.Create(255)), Vector128<int>.Zero);

    private static Vector256<int> Clip(Vector256<int> values) => Vector256.Max(Vector256.Min(values, Vector256.Create(255)), Vector256<int>.Zero);
}
