using System.CommandLine;
using System.Globalization;

namespace Mlorq.Cli.Inputs;

/// <summary>What becomes of the values between layers.</summary>
internal sealed class ActivationsOption
{
    private const string Simulated = "simulated:";
    private const string Uniform = ",uniform";

    private readonly Option<string?> _activations = new("--activations")
    {
        HelpName = "float|simulated:BITS[,uniform]",
        Description = "What becomes of the values between layers. simulated:BITS, with 3 to 8 bits, rounds the inputs of linear layers and of attention's products by standard "
            + "operators, for research: the file is neither smaller nor faster for it, and says so in its metadata. BITS is an average over all values; each tensor gets 3 to 8 "
            + "bits by what they cost at the outputs, with \",uniform\" all the same. Default: float.",
    };

    public Option Option => _activations;

    /// <summary>The options with what was given.</summary>
    /// <exception cref="UsageException">The words are none of those that are offered.</exception>
    public CompressionOptions For(ParseResult parsed, CompressionOptions options)
    {
        if (parsed.GetValue(_activations) is not { } text) return options;
        return options with { Activations = With(options.Activations, text.ToLowerInvariant()) };
    }

    private static ActivationOptions With(ActivationOptions options, string text)
    {
        if (text == "float") return options with { SimulatedBits = null };
        var isUniform = text.EndsWith(Uniform, StringComparison.Ordinal);
        var number = isUniform ? text[..^Uniform.Length] : text;
        if (number.StartsWith(Simulated, StringComparison.Ordinal) && double.TryParse(number[Simulated.Length..], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var bits))
            return options with { SimulatedBits = bits, MixedBits = !isUniform };
        throw new UsageException($"--activations is '{text}'; it must be float or simulated:BITS with a number of bits from 3 to 8, such as simulated:4, or simulated:4,uniform for the same bits everywhere.");
    }
}
