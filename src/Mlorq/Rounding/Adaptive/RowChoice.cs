using Mlorq.Quantization;

namespace Mlorq.Rounding.Adaptive;

/// <summary>Each row from the one of two results that has the smaller error in it.</summary>
internal static class RowChoice
{
    /// <summary>The better rows.</summary>
    /// <param name="holder">A result, whose rows stay on a tie.</param>
    /// <param name="errors">Its rows' errors, [out]; taken over with the rows.</param>
    /// <param name="other">Another of the same format and zero points.</param>
    /// <param name="otherErrors">Likewise.</param>
    /// <returns>The rows put together; <paramref name="holder"/> itself where none is better.</returns>
    public static QuantizedMatrix Better(QuantizedMatrix holder, double[] errors, QuantizedMatrix other, double[] otherErrors)
    {
        var (columns, groups) = (holder.Grids.Columns, holder.Grids.Groups);
        var codes = (byte[])holder.Codes.Clone();
        var scales = Scales(holder.Grids);
        var otherScales = Scales(other.Grids);
        var any = false;
        for (var i = 0; i < errors.Length; i++)
        {
            if (!(otherErrors[i] < errors[i])) continue;
            any = true;
            errors[i] = otherErrors[i];
            Array.Copy(other.Codes, i * columns, codes, i * columns, columns);
            Array.Copy(otherScales, i * groups, scales, i * groups, groups);
        }

        // Scales that are stored already come back from storing them again.
        return any ? new QuantizedMatrix(holder.Grids.WithScales(scales), codes) : holder;
    }

    /// <summary>All scales, [rows, groups].</summary>
    public static float[] Scales(GridTable grids)
    {
        var result = new float[grids.Rows * grids.Groups];
        for (var i = 0; i < grids.Rows; i++)
        {
            for (var g = 0; g < grids.Groups; g++) result[(i * grids.Groups) + g] = grids[i, g].Scale;
        }

        return result;
    }
}
