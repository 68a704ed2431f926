using System.Globalization;
using Mlorq.IntraLayer;
using Mlorq.Layers;
using Mlorq.Quantization;

namespace Mlorq;

/// <summary>What is left to choose for some layers. Where several rules match a layer, the last one decides.</summary>
/// <param name="Layers">Which layers; those that cannot be stored in such a way, as constants cannot in 3 bits, are not meant.</param>
public abstract record LayerRule(LayerPattern Layers)
{
    private static readonly int[] Widths = [.. BitWidth.All.Select(w => w.Bits).Distinct(), 16, 32];

    /// <summary>Whether a layer may be stored so.</summary>
    internal abstract bool Allows(Candidate candidate);

    /// <summary>What has to be tried for a layer under this rule.</summary>
    internal abstract CandidateOptions Narrow(CandidateOptions options);

    /// <summary>Understands a pattern of layers that stay as they are.</summary>
    /// <exception cref="OptionsException">It is none.</exception>
    public static LayerRule ParseExclusion(string text) => new Exclusion(LayerPattern.Parse(text));

    /// <summary>Understands <c>PATTERN=FORM</c>: a number of bits (2, 3, 4, 6, 8, 16, 32), or a form as it is shown for a layer (<c>q4g64</c>, <c>q8a</c>, <c>rows8</c>, <c>fp16</c>, <c>fp32</c>).</summary>
    /// <exception cref="OptionsException">It cannot be understood.</exception>
    public static LayerRule ParsePin(string text)
    {
        var (layers, form) = Split(text, "a pin", "head=8");
        if (int.TryParse(form, NumberStyles.None, CultureInfo.InvariantCulture, out var bits) && Widths.Contains(bits)) return new WidthPin(layers, bits);
        return CandidateText.Parse(form) is { } candidate and not (Candidate.MixedRows or Candidate.LowRank)
            ? new FormPin(layers, candidate)
            : throw new OptionsException($"The pin '{text}' is to '{form}'; it must be one of {List(Widths)} bits, or a form such as q4g64, q8a, rows8, fp16 or fp32.");
    }

    /// <summary>Understands <c>PATTERN=BITS,BITS</c>: the widths that are allowed, of 2, 3, 4, 6, 8, 16 (half precision) and 32 (as it came).</summary>
    /// <exception cref="OptionsException">It cannot be understood.</exception>
    public static LayerRule ParseWidths(string text)
    {
        var (layers, list) = Split(text, "a rule of bits", "*/mlp/*=3,4");
        var widths = list.Split(',', StringSplitOptions.TrimEntries).Select(w => int.TryParse(w, NumberStyles.None, CultureInfo.InvariantCulture, out var bits) ? bits : 0).ToList();
        if (!widths.TrueForAll(Widths.Contains)) throw new OptionsException($"The rule of bits '{text}' allows '{list}'; it must be numbers of {List(Widths)} with commas between them, such as 3,4.");
        return new AllowedWidths(layers, [.. widths.Distinct().Order()]);
    }

    /// <summary>Understands a rule of any kind as it writes itself.</summary>
    /// <exception cref="OptionsException">It is none.</exception>
    internal static LayerRule Parse(string text) => text.Split(' ', 2) switch
    {
        ["exclude", var rule] => ParseExclusion(rule),
        ["pin", var rule] => ParsePin(rule),
        ["bits", var rule] => ParseWidths(rule),
        _ => throw new OptionsException($"'{text}' is no rule for layers."),
    };

    private static (LayerPattern Layers, string What) Split(string text, string rule, string example)
    {
        var sign = text.LastIndexOf('=');
        if (sign <= 0) throw new OptionsException($"'{text}' is not {rule}; that has a pattern of layers before an equals sign, such as {example}.");
        return (LayerPattern.Parse(text[..sign]), text[(sign + 1)..].Trim());
    }

    private static string List(IReadOnlyList<int> widths) => $"{string.Join(", ", widths.SkipLast(1))} and {widths[^1]}";

    // Several for matrices whose rows have two widths, and for factors.
    private static IEnumerable<int> WidthsOf(Candidate candidate) => candidate switch
    {
        Candidate.Single => [32],
        Candidate.Half => [16],
        Candidate.Rows8 => [8],
        Candidate.Dense dense => [dense.Format.BitWidth.Bits],
        Candidate.MixedRows mixed => [mixed.Low.BitWidth.Bits, mixed.High.BitWidth.Bits],
        Candidate.LowRank pair => [pair.Left.BitWidth.Bits, pair.Right.BitWidth.Bits],
        _ => throw new ArgumentException($"{candidate} has no bit width."),
    };

    /// <summary>Layers that stay as they are.</summary>
    /// <param name="Layers">Which layers.</param>
    public sealed record Exclusion(LayerPattern Layers) : LayerRule(Layers)
    {
        /// <inheritdoc/>
        public override string ToString() => $"exclude {Layers}";

        internal override bool Allows(Candidate candidate) => candidate is Candidate.Single;

        internal override CandidateOptions Narrow(CandidateOptions options) => options with { BitWidths = [], FactorBitWidths = [], MixedRows = false };
    }

    /// <summary>Layers that are stored whole, with one number of bits for each weight.</summary>
    /// <param name="Layers">Which layers.</param>
    /// <param name="Bits">2, 3, 4, 6, 8; 16 for half precision, 32 for as it came.</param>
    public sealed record WidthPin(LayerPattern Layers, int Bits) : LayerRule(Layers)
    {
        /// <inheritdoc/>
        public override string ToString() => $"pin {Layers}={Bits}";

        internal override bool Allows(Candidate candidate) => candidate is not (Candidate.MixedRows or Candidate.LowRank) && WidthsOf(candidate).All(w => w == Bits);

        internal override CandidateOptions Narrow(CandidateOptions options) => options with { BitWidths = LowBits([Bits]), FactorBitWidths = [], MixedRows = false };
    }

    /// <summary>Layers that are stored in one form.</summary>
    /// <param name="Layers">Which layers.</param>
    /// <param name="Form">The form.</param>
    public sealed record FormPin(LayerPattern Layers, Candidate Form) : LayerRule(Layers)
    {
        /// <inheritdoc/>
        public override string ToString() => $"pin {Layers}={Form}";

        internal override bool Allows(Candidate candidate) => candidate == Form;

        internal override CandidateOptions Narrow(CandidateOptions options) => Form is Candidate.Dense { Format: var format }
            ? options with { BitWidths = [format.BitWidth], Granularities = [format.Granularity], Symmetries = [format.Symmetry], FactorBitWidths = [], MixedRows = false }
            : options with { BitWidths = [], FactorBitWidths = [], MixedRows = false };
    }

    /// <summary>Layers all of whose weights have one of some widths, whatever their form.</summary>
    /// <param name="Layers">Which layers.</param>
    /// <param name="Bits">Of 2, 3, 4, 6, 8, 16 for half precision and 32 for as it came.</param>
    public sealed record AllowedWidths(LayerPattern Layers, IReadOnlyList<int> Bits) : LayerRule(Layers)
    {
        /// <inheritdoc/>
        public override string ToString() => $"bits {Layers}={string.Join(',', Bits)}";

        internal override bool Allows(Candidate candidate) => WidthsOf(candidate).All(Bits.Contains);

        internal override CandidateOptions Narrow(CandidateOptions options) =>
            options with { BitWidths = LowBits(Bits), FactorBitWidths = [.. options.FactorBitWidths.Where(w => Bits.Contains(w.Bits))] };
    }

    private static BitWidth[] LowBits(IReadOnlyList<int> bits) => [.. BitWidth.All.Where(w => bits.Contains(w.Bits))];
}
