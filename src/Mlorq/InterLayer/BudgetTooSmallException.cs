using System.Globalization;
using Mlorq.Onnx;

namespace Mlorq.InterLayer;

/// <summary>Even the smallest item of every group together exceeds the budget.</summary>
public sealed class BudgetTooSmallException : MlorqException
{
    /// <summary>Creates the exception from the two sizes in bytes.</summary>
    public BudgetTooSmallException(long budgetInBytes, long smallestPossibleInBytes)
        : base(Describe(budgetInBytes, smallestPossibleInBytes))
    {
        BudgetInBytes = budgetInBytes;
        SmallestPossibleInBytes = smallestPossibleInBytes;
    }

    /// <summary>Creates the exception with a message that says more, such as what the smallest size consists of.</summary>
    public BudgetTooSmallException(string message, long budgetInBytes, long smallestPossibleInBytes, Exception? inner = null)
        : base(message, inner)
    {
        BudgetInBytes = budgetInBytes;
        SmallestPossibleInBytes = smallestPossibleInBytes;
    }

    /// <summary>The bytes that were allowed.</summary>
    public long BudgetInBytes { get; }

    /// <summary>The bytes that the smallest candidates need (at most <see cref="long.MaxValue"/>).</summary>
    public long SmallestPossibleInBytes { get; }

    private static string Describe(long budget, long smallest)
    {
        var allowed = budget.ToString("N0", CultureInfo.InvariantCulture);
        var needed = smallest.ToString("N0", CultureInfo.InvariantCulture);
        return $"The budget of {allowed} bytes cannot be met: the smallest candidates together need {needed} bytes. "
            + $"Raise the budget to at least {needed} bytes or allow smaller candidates.";
    }
}
