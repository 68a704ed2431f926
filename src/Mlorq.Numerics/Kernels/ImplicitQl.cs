namespace Mlorq.Numerics.Kernels;

/// <summary>
/// Diagonalizes a symmetric tridiagonal matrix T = Z diag(λ) Zᵀ by implicit QL. The rotations that make up Z do not depend
/// on the vectors, so they are collected and applied to the vectors many sweeps at a time.
/// </summary>
internal sealed class ImplicitQl
{
    private const int MostSweepsPerValue = 60;
    private const double SmallestNormal = 2.2250738585072014e-308;
    private const double Epsilon = 1.1102230246251565e-16;

    private readonly double[] diagonal;
    private readonly double[] beside;
    private readonly double negligible;
    private readonly RowRotations rotations;

    private ImplicitQl(double[] diagonal, double[] beside, RowRotations rotations)
    {
        this.diagonal = diagonal;
        this.beside = beside;
        this.rotations = rotations;
        var norm = 0.0;
        for (var i = 0; i < diagonal.Length; i++) norm = Math.Max(norm, Math.Abs(diagonal[i]) + Math.Abs(beside[i]));
        // As small as the rounding errors that made T. Waiting for less would never end among eigenvalues that are zero up to rounding.
        negligible = Math.Max(Epsilon * norm, SmallestNormal);
    }

    /// <summary>
    /// Replaces <paramref name="diagonal"/> by the eigenvalues, unordered, and returns Zᵀ · basis: with Qᵀ as the basis, its rows
    /// are the eigenvectors. <paramref name="beside"/> is destroyed.
    /// </summary>
    public static Matrix<double> Diagonalize(double[] diagonal, double[] beside, Matrix<double> basis)
    {
        var rotations = new RowRotations(basis);
        var iteration = new ImplicitQl(diagonal, beside, rotations);
        for (var first = 0; first < diagonal.Length; first++) iteration.Isolate(first);
        return rotations.Finish();
    }

    /// <summary>Sweeps until the value at <paramref name="first"/> is coupled to nothing.</summary>
    private void Isolate(int first)
    {
        for (var sweep = 0; ; sweep++)
        {
            var last = EndOfBlock(first);
            if (last == first) return;
            if (sweep == MostSweepsPerValue) throw new InvalidOperationException($"Eigenvalue {first} did not converge in {sweep} sweeps.");
            Sweep(first, last, Shift(first));
        }
    }

    private int EndOfBlock(int first)
    {
        var last = first;
        for (; last < diagonal.Length - 1; last++)
        {
            if (Math.Abs(beside[last]) <= negligible) break;
        }

        return last;
    }

    /// <summary>The eigenvalue of the leading 2 x 2 block that is nearer to its first element (Wilkinson).</summary>
    private double Shift(int first)
    {
        var half = (diagonal[first + 1] - diagonal[first]) / (2 * beside[first]);
        var root = Hypotenuse(half, 1);
        return diagonal[first] - (beside[first] / (half + Math.CopySign(root, half)));
    }

    /// <summary>One QL step on [first, last]: a rotation at the end, then chasing the bulge upwards.</summary>
    private void Sweep(int first, int last, double shift)
    {
        double g = diagonal[last] - shift, sine = 1, cosine = 1, carried = 0;
        rotations.BeginSweep(last);
        for (var i = last - 1; i >= first; i--)
        {
            var bulge = sine * beside[i];
            var b = cosine * beside[i];
            var r = Hypotenuse(bulge, g);
            beside[i + 1] = r;
            if (r == 0)
            {
                // The bulge vanished early: the block splits here.
                diagonal[i + 1] -= carried;
                beside[last] = 0;
                return;
            }

            sine = bulge / r;
            cosine = g / r;
            g = diagonal[i + 1] - carried;
            var t = ((diagonal[i] - g) * sine) + (2 * cosine * b);
            carried = sine * t;
            diagonal[i + 1] = g + carried;
            g = (cosine * t) - b;
            rotations.Add(cosine, sine);
        }

        diagonal[first] -= carried;
        beside[first] = g;
        beside[last] = 0;
    }

    private static double Hypotenuse(double a, double b)
    {
        var square = (a * a) + (b * b);
        // Entries are at most about 1; only tiny ones need the careful way.
        return square > 1e-280 ? Math.Sqrt(square) : double.Hypot(a, b);
    }
}
