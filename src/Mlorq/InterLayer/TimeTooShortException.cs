using System.Globalization;
using Mlorq.Onnx;

namespace Mlorq.InterLayer;

/// <summary>No plan within the budget is as fast as the limit on time asks.</summary>
public sealed class TimeTooShortException : MlorqException
{
    /// <summary>Creates the exception from the two times in nanoseconds.</summary>
    public TimeTooShortException(long limitInNanoseconds, long leastInNanoseconds)
        : this($"The limit of {Text(limitInNanoseconds)} ms cannot be met: the fastest plan within the budget takes {Text(leastInNanoseconds)} ms.", limitInNanoseconds, leastInNanoseconds)
    {
    }

    /// <summary>Creates the exception with a message that says more.</summary>
    public TimeTooShortException(string message, long limitInNanoseconds, long leastInNanoseconds)
        : base(message) => (LimitInNanoseconds, LeastInNanoseconds) = (limitInNanoseconds, leastInNanoseconds);

    /// <summary>The time that was allowed.</summary>
    public long LimitInNanoseconds { get; }

    /// <summary>The time of the fastest plan within the budget.</summary>
    public long LeastInNanoseconds { get; }

    /// <summary>Milliseconds for people, rounded up: what is named as enough is enough.</summary>
    internal static string Text(long nanoseconds) => (Math.Ceiling(nanoseconds / 1e3) / 1e3).ToString("0.000", CultureInfo.InvariantCulture);
}
