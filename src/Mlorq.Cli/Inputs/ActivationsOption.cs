using System.CommandLine;
using System.Globalization;

namespace Mlorq.Cli.Inputs;

/// <summary>What becomes of the values between layers.</summary>
internal sealed class ActivationsOption
{
    private const string Simulated = "simulated:";

    private readonly Option<string?> _activations = new("--activations")
    {
        HelpName = "float|simulated:BITS",
        Description = "What becomes of the values between layers. simulated:BITS, with 3 to 8 bits, rounds the inputs of linear layers and of attention's products by standard "
            + "operators, for research: the file is neither smaller nor faster for it, and says so in its metadata. Default: float.",
    };

    public Option Option => _activations;

    /// <summary>The options with what was given.</summary>
    /// <exception cref="UsageException">The words are none of those that are offered.</exception>
    public CompressionOptions For(ParseResult parsed, CompressionOptions options)
    {
        if (parsed.GetValue(_activations) is not { } text) return options;
        return options with { Activations = options.Activations with { SimulatedBits = Bits(text.ToLowerInvariant()) } };
    }

    private static int? Bits(string text)
    {
        if (text == "float") return null;
        if (text.StartsWith(Simulated, StringComparison.Ordinal) && int.TryParse(text[Simulated.Length..], NumberStyles.None, CultureInfo.InvariantCulture, out var bits)) return bits;
        throw new UsageException($"--activations is '{text}'; it must be float or simulated:BITS with a number of bits from 3 to 8, such as simulated:4.");
    }
}
