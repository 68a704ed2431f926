using System.CommandLine;
using System.Globalization;

namespace Mlorq.Cli.Inputs;

/// <summary>How large a file may be.</summary>
internal sealed class BudgetOptions
{
    private readonly Option<string?> _budget = new("--budget")
    {
        HelpName = "SIZE|RATIO",
        Description = "The largest size of the output file, everything counted: 2.5MB, 800KB (powers of 1000), 2.4MiB, 800KiB "
            + "(powers of 1024), 123456 (bytes), 8x (smaller than the input), 3.5bits (per parameter).",
    };

    private readonly Option<string?> _averageBits = new("--average-bits")
    {
        HelpName = "BITS",
        Description = "The same as bits of the file per parameter of the model, such as 3.5. Give this or --budget.",
    };

    public IReadOnlyList<Option> Options => [_budget, _averageBits];

    /// <summary>Whether one was given.</summary>
    public bool IsGiven(ParseResult parsed) => parsed.GetValue(_budget) is not null || parsed.GetValue(_averageBits) is not null;

    /// <summary>The budget.</summary>
    /// <exception cref="UsageException">None was given, or two.</exception>
    public Budget For(ParseResult parsed) => (parsed.GetValue(_budget), parsed.GetValue(_averageBits)) switch
    {
        ({ } budget, null) => Budget.Parse(budget),
        (null, { } bits) when double.TryParse(bits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out _) => Budget.Parse(bits + "bits"),
        (null, { } bits) => throw new UsageException($"--average-bits is '{bits}'; it must be a number above zero with a point before the decimals, such as 3.5."),
        (null, null) => throw new UsageException("Say how large the output may be: --budget 2.5MB, --budget 8x, or --average-bits 3.5; or how good it has to be: --target-snr 20dB, --target-agreement 98%, or --target-drop 1.0."),
        _ => throw new UsageException("Give --budget or --average-bits, not both."),
    };
}
