namespace Mlorq.Quantization;

/// <summary>The levels of one group of weights: s · (c − z) for codes c = 0 … 2^b − 1.</summary>
/// <param name="Scale">s; may be negative, which turns the longer side of an even grid to the other sign.</param>
/// <param name="Zero">z, in units of codes.</param>
public readonly record struct Grid(float Scale, float Zero)
{
    /// <summary>The code of the nearest level.</summary>
    public int Nearest(float weight, int levels)
    {
        // A group of zeros has scale 0 and any code gives 0.
        if (Scale == 0) return (int)Math.Clamp(MathF.Round(Zero), 0, levels - 1);
        return (int)Math.Clamp(MathF.Round((weight / Scale) + Zero), 0, levels - 1);
    }

    /// <summary>The value of a code.</summary>
    public float Value(int code) => Scale * (code - Zero);
}
