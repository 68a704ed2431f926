using System.Globalization;
using System.Text.RegularExpressions;
using Mlorq.Layers;
using Mlorq.Onnx.Graphs;
using Mlorq.Quantization;
using Mlorq.Rewriting;

namespace Mlorq.IntraLayer;

/// <summary>Reads candidates as they are written (<c>q4g64</c>, <c>t2g64, 48 rows q4g64</c>, <c>r64 q4g16·q4g64</c>, <c>fp16</c>), and says which ones a layer can have.</summary>
internal static partial class CandidateText
{
    // Left factors of a lower rank have one group for each row.
    private const int LeastGroup = 16;

    /// <summary>The candidate of a text; null where it is none. The sign between factors may be a star.</summary>
    public static Candidate? Parse(string text)
    {
        switch (text.Trim())
        {
            case "fp32":
                return new Candidate.Single();
            case "fp16":
                return new Candidate.Half();
            case "rows8":
                return new Candidate.Rows8();
        }

        if (Form().Match(text.Trim()) is not { Success: true } match) return null;
        var first = FormatOf(match, "first");
        if (!match.Groups["second"].Success) return match.Groups["rank"].Success ? null : new Candidate.Dense(first);
        var second = FormatOf(match, "second");
        if (NumberOf(match, "rank") is { } rank) return NumberOf(match, "rows") is null ? new Candidate.LowRank(rank, first, second) : null;
        return NumberOf(match, "rows") is { } rows ? new Candidate.MixedRows(first, second, rows) : null;
    }

    /// <summary>Why a layer cannot be stored in some way; null where it can.</summary>
    public static string? Obstacle(Model model, Layer layer, Candidate candidate) => (layer, candidate) switch
    {
        (_, Candidate.Single) => null,
        (_, Candidate.Half) when HasLarge(model, layer) => "it has values beyond half precision, which ends at 65,504",
        (_, Candidate.Half) => null,
        (LinearLayer { IsTied: true }, not Candidate.Dense { Format: { BitWidth.IsTrellis: false, Granularity.IsPerOutputChannel: true, Symmetry: Symmetry.Symmetric } }) =>
            "its rows are looked up as well as multiplied; it can be fp32, fp16, or plain codes with a scale for each row, such as q4",
        (LinearLayer linear, Candidate.Dense dense) => GroupObstacle(dense.Format, linear.InFeatures),
        (LinearLayer linear, Candidate.MixedRows mixed) => MixedObstacle(mixed, linear),
        (LinearLayer linear, Candidate.LowRank pair) => PairObstacle(pair, linear),
        (KernelLayer, Candidate.Dense { Format.Symmetry: Symmetry.Asymmetric }) => "only linear layers are stored with zero points: leave out the a",
        (KernelLayer, Candidate.Dense { Format.BitWidth.IsTrellis: true }) => "only linear layers are stored in trellis codes: write q for t",
        (KernelLayer kernel, Candidate.Dense dense) => GroupObstacle(dense.Format, kernel.Columns),
        (LinearLayer, Candidate.Rows8) => "rows8 is for tables, embeddings and kernels; for a linear layer q8 says about the same",
        (KernelLayer, Candidate.Rows8) => null,
        (_, Candidate.Rows8) => "it is too small for rows8; it can be fp32 or fp16",
        (KernelLayer, _) => "it is no linear layer; it can be fp32, fp16, rows8, or one format such as q4g32",
        _ => "it is no linear layer, and too small for a scale for each row; it can be fp32 or fp16",
    };

    private static string? MixedObstacle(Candidate.MixedRows mixed, LinearLayer layer)
    {
        if (!MixedRowsFunctions.Pairs.Any(p => p.Low == mixed.Low.BitWidth && p.High == mixed.High.BitWidth))
            return $"rows have two widths of {string.Join(", ", MixedRowsFunctions.Pairs.Select(p => $"{p.Low.Symbol} and {p.High.Symbol}"))}";
        if (mixed.Low with { BitWidth = mixed.High.BitWidth } != mixed.High || mixed.Low.Symmetry == Symmetry.Asymmetric) return "both widths have the same groups, and no zero points";
        if (mixed.HighRows < 1 || mixed.HighRows >= layer.OutFeatures) return $"1 to {layer.OutFeatures - 1} of its rows may be wide, not {mixed.HighRows}";
        return GroupObstacle(mixed.Low, layer.InFeatures);
    }

    private static string? PairObstacle(Candidate.LowRank pair, LinearLayer layer)
    {
        var most = Math.Min(layer.OutFeatures, layer.InFeatures);
        if (pair.Rank < 1 || pair.Rank > most) return $"its rank is 1 to {most}, not {pair.Rank}";
        if (pair.Left.Symmetry == Symmetry.Asymmetric || pair.Right.Symmetry == Symmetry.Asymmetric) return "factors are stored without zero points: leave out the a";
        if (pair.Left.Granularity.Size > Math.Max(pair.Rank, LeastGroup)) return $"its left factor has rows of {pair.Rank} weights, so groups of {pair.Left.Granularity.Size} are too long";
        return GroupObstacle(pair.Right, layer.InFeatures);
    }

    private static string? GroupObstacle(WeightFormat format, int width) =>
        format.Granularity.IsPerOutputChannel || format.Granularity.Size < width ? null : $"its rows have {width} weights, so groups of {format.Granularity.Size} are too long: leave out g{format.Granularity.Size}";

    private static bool HasLarge(Model model, Layer layer)
    {
        foreach (var value in model.Graph.Initializer(layer.TensorName)!.Floats)
        {
            if (!(Math.Abs(value) < (float)Half.MaxValue)) return true;
        }

        return false;
    }

    private static WeightFormat FormatOf(Match match, string name) => new(
        BitWidth.All.First(w => w.Symbol == match.Groups[$"{name}Bits"].Value),
        match.Groups[$"{name}Group"] is { Success: true } size ? Granularity.Group(int.Parse(size.Value, CultureInfo.InvariantCulture)) : Granularity.PerOutputChannel,
        match.Groups[$"{name}Zero"].Success ? Symmetry.Asymmetric : Symmetry.Symmetric);

    private static int? NumberOf(Match match, string name) => match.Groups[name].Success && int.TryParse(match.Groups[name].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    [GeneratedRegex(
        @"^(r(?<rank>\d{1,9}) +)?(?<first>(?<firstBits>q[23468]|t[23])(g(?<firstGroup>16|32|64|128))?(?<firstZero>a)?)( *[·*] *(?<second>(?<secondBits>q[23468]|t[23])(g(?<secondGroup>16|32|64|128))?(?<secondZero>a)?)|, *(?<rows>\d{1,9}) rows (?<second>(?<secondBits>q[23468]|t[23])(g(?<secondGroup>16|32|64|128))?(?<secondZero>a)?))?$",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex Form();
}
