using System.CommandLine;
using System.Globalization;
using Mlorq.Activations;

namespace Mlorq.Cli.Inputs;

/// <summary>What becomes of the values between layers.</summary>
internal sealed class ActivationsOption
{
    private const string Simulated = "simulated:";
    private const string Uniform = ",uniform";

    private readonly Option<string?> _activations = new("--activations")
    {
        HelpName = "float|int8-dynamic|int8-static|simulated:BITS[,uniform]",
        Description = "What becomes of the values between layers. int8-dynamic and int8-static go with --runtime speed, and ask for it: the inputs of linear layers are rounded to "
            + "bytes, by the range of the values as they come, or with scales that were found in the calibration inputs; with those also the products of attention, and convolutions. "
            + "simulated:BITS, with 3 to 8 bits, rounds the inputs of linear layers and of attention's products by standard "
            + "operators, for research: the file is neither smaller nor faster for it, and says so in its metadata. BITS is an average over all values; each tensor gets 3 to 8 "
            + "bits by what they cost at the outputs, with \",uniform\" all the same. Default: float; with --runtime speed: int8-dynamic.",
    };

    private readonly Option<string?> _guard = new("--activation-guard")
    {
        HelpName = "DECIBELS|none",
        Description = "With int8-static: a tensor stays float where rounding it alone leaves the outputs a lower signal-to-noise than this. Default: 20.",
    };

    public IEnumerable<Option> Options => [_activations, _guard];

    /// <summary>The options with what was given; after those of the runtime.</summary>
    /// <exception cref="UsageException">The words are none of those that are offered, or do not go together.</exception>
    public CompressionOptions For(ParseResult parsed, CompressionOptions options, RuntimeOption runtime)
    {
        var text = parsed.GetValue(_activations)?.ToLowerInvariant();
        if (text is "int8-dynamic" or "int8-static")
        {
            if (runtime.IsGiven(parsed) && options.Runtime != RuntimeProfile.Speed)
                throw new UsageException($"--activations {text} multiplies bytes, and --runtime memory in single precision. Leave --runtime out, or give --runtime speed.");
            options = options with { Runtime = RuntimeProfile.Speed };
        }
        else if (text == "float" && options.Runtime == RuntimeProfile.Speed)
        {
            throw new UsageException("--runtime speed rounds activations to bytes, so they do not stay float. Leave --activations out, or give int8-dynamic or int8-static.");
        }

        var activations = text is null ? options.Activations : With(options.Activations, text);
        if (parsed.GetValue(_guard) is not { } guard) return options with { Activations = activations };
        if (activations.Scales != IntegerScales.Static) throw new UsageException("--activation-guard is for static scales: give --activations int8-static as well.");
        return options with { Activations = activations with { Guard = Limit(guard) } };
    }

    private static ActivationOptions With(ActivationOptions options, string text)
    {
        if (text is "float" or "int8-dynamic") return options with { SimulatedBits = null, Scales = IntegerScales.Dynamic };
        if (text == "int8-static") return options with { SimulatedBits = null, Scales = IntegerScales.Static };
        var isUniform = text.EndsWith(Uniform, StringComparison.Ordinal);
        var number = isUniform ? text[..^Uniform.Length] : text;
        if (number.StartsWith(Simulated, StringComparison.Ordinal) && double.TryParse(number[Simulated.Length..], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var bits))
            return options with { SimulatedBits = bits, MixedBits = !isUniform };
        throw new UsageException(
            $"--activations is '{text}'; it must be float, int8-dynamic, int8-static, or simulated:BITS with a number of bits from 3 to 8, such as simulated:4, or simulated:4,uniform for the same bits everywhere.");
    }

    private static GuardLimit? Limit(string text)
    {
        if (text.Equals("none", StringComparison.OrdinalIgnoreCase)) return null;
        if (double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var decibels)) return new GuardLimit.SignalToNoise(decibels);
        throw new UsageException($"--activation-guard is '{text}'; it must be a number of decibels from zero, such as 20, or none.");
    }
}
