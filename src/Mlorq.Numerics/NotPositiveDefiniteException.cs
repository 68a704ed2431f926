namespace Mlorq.Numerics;

/// <summary>A matrix that should be symmetric positive definite is not, within rounding, or it holds NaN or infinity.</summary>
public sealed class NotPositiveDefiniteException : ArithmeticException
{
    /// <summary>Creates the exception for one pivot of the elimination.</summary>
    /// <param name="pivotIndex">The row and column, from 0, at which the elimination stopped.</param>
    /// <param name="pivotValue">What was left of the diagonal there: zero, negative, infinite or NaN.</param>
    public NotPositiveDefiniteException(int pivotIndex, double pivotValue)
        : base(FormattableString.Invariant($"The matrix is not positive definite: the pivot of row {pivotIndex} is {pivotValue:G6}. A larger ridge on the diagonal may help."))
    {
        PivotIndex = pivotIndex;
        PivotValue = pivotValue;
    }

    /// <summary>The row and column, from 0, at which the elimination stopped.</summary>
    public int PivotIndex { get; }

    /// <summary>What was left of the diagonal at the pivot: zero, negative, infinite or NaN.</summary>
    public double PivotValue { get; }
}
