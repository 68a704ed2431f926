namespace Mlorq.Tests.Quantization;

/// <summary>The levels of trellis codes, bit by bit as the definition has it: codes (m, u) of a row's even and of its odd columns go through a shift register each.</summary>
internal static class TrellisDecoder
{
    public static byte[] Levels(byte[] codes)
    {
        var levels = new byte[codes.Length];
        for (var j = 0; j < codes.Length; j++)
        {
            var (m, upper, lower) = (codes[j] >> 1, Bit(0) ^ Bit(1) ^ Bit(6), Bit(2) ^ Bit(4));
            levels[j] = (byte)((4 * m) + (2 * upper) + lower);

            int Bit(int stepsBack) => j >= 2 * stepsBack ? codes[j - (2 * stepsBack)] & 1 : 0;
        }

        return levels;
    }
}
