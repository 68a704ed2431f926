using Mlorq.Onnx;

namespace Mlorq;

/// <summary>What a compressed model has to reach, in any measure of which more is better.</summary>
/// <param name="Name">What it is called, such as "agreement".</param>
/// <param name="Least">The least value that will do.</param>
/// <param name="Measure">Measures a compressed model.</param>
public sealed record QualityTarget(string Name, double Least, Func<CompressionResult, double> Measure);

/// <summary>A budget that was tried.</summary>
/// <param name="BudgetInBytes">The budget.</param>
/// <param name="SizeInBytes">The size that came of it.</param>
/// <param name="Value">What was measured.</param>
/// <param name="IsMet">Whether that will do.</param>
public sealed record TargetTrial(long BudgetInBytes, long SizeInBytes, double Value, bool IsMet);

/// <summary>The smallest compressed model that was found to meet a target.</summary>
/// <param name="Result">The model.</param>
/// <param name="Trials">All that was tried, in order.</param>
public sealed record TargetResult(CompressionResult Result, IReadOnlyList<TargetTrial> Trials);

/// <summary>No size meets a target.</summary>
public sealed class TargetNotMetException : MlorqException
{
    /// <summary>Creates the exception with a whole message for the user.</summary>
    public TargetNotMetException(string message)
        : base(message)
    {
    }
}
