using System.CommandLine;
using System.Globalization;

namespace Mlorq.Cli.Inputs;

/// <summary>How good the output has to be, in place of how large it may be.</summary>
/// <param name="pictures">The pictures that it may be measured on.</param>
internal sealed class TargetOptions(PictureOptions pictures)
{
    private readonly Option<string?> _snr = new("--target-snr")
    {
        HelpName = "DB",
        Description = "In place of a budget: the smallest file whose outputs have at least this signal-to-noise ratio, such as 20dB, measured on the calibration samples or on the "
            + "pictures of --labels. Several sizes are compressed and measured; the analysis is made once.",
    };

    private readonly Option<string?> _agreement = new("--target-agreement")
    {
        HelpName = "SHARE",
        Description = "The same for the share of samples to which the compressed classifier gives the original's first answer, such as 98%.",
    };

    private readonly Option<string?> _drop = new("--target-drop")
    {
        HelpName = "POINTS",
        Description = "The same for the points of top-1 accuracy that the file may lose, such as 1.0. Needs --labels.",
    };

    public IReadOnlyList<Option> Targets => [_snr, _agreement, _drop];

    /// <summary>The target; null where none is given.</summary>
    /// <exception cref="UsageException">Two are given, one cannot be understood, or what it needs is missing.</exception>
    public Target? For(ParseResult parsed)
    {
        var (labels, images) = (pictures.Labels(parsed), pictures.Folder(parsed));
        var given = Targets.Cast<Option<string?>>().Where(o => parsed.GetValue(o) is not null).ToList();
        if (given.Count > 1) throw new UsageException($"Give one target: {string.Join(" or ", given.Select(o => o.Name))}.");
        if (given.Count == 0) return null;
        if (labels is null && images is not null) throw new UsageException("--images is given without --labels, the right answers to its pictures.");
        if (given[0] == _drop && labels is null) throw new UsageException("--target-drop compares answers with the right ones: give them with --labels FILE.csv, and their pictures with --images DIR if they are not those of --calibration.");
        return given[0] switch
        {
            var o when o == _snr => new Target(TargetKind.SignalToNoise, Number(parsed, _snr, "dB", "20dB")),
            var o when o == _agreement => new Target(TargetKind.Agreement, Share(parsed)),
            _ => new Target(TargetKind.Drop, Number(parsed, _drop, "", "1.0")),
        };
    }

    /// <summary>Refuses pictures where nothing is measured on them.</summary>
    /// <exception cref="UsageException">Some are given.</exception>
    public void EnsureNoPictures(ParseResult parsed)
    {
        if ((pictures.Labels(parsed) ?? pictures.Folder(parsed)) is not null)
            throw new UsageException("--labels and --images are for targets and for the report. Give --target-drop, --target-agreement, --target-snr or --report as well, or measure the output with `mlorq evaluate`.");
    }

    private double Share(ParseResult parsed)
    {
        var percent = Number(parsed, _agreement, "%", "98%");
        return percent <= 100 ? percent / 100 : throw new UsageException($"--target-agreement is '{parsed.GetValue(_agreement)}'; a share is at most 100%.");
    }

    private static double Number(ParseResult parsed, Option<string?> option, string unit, string example)
    {
        var text = parsed.GetValue(option)!.Trim();
        var digits = unit.Length > 0 && text.EndsWith(unit, StringComparison.OrdinalIgnoreCase) ? text[..^unit.Length].TrimEnd() : text;
        if (double.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value) && value > 0 && double.IsFinite(value)) return value;
        throw new UsageException($"{option.Name} is '{text}'; it must be a number above 0 with a point before the decimals, such as {example}.");
    }
}

/// <summary>What is measured for a target.</summary>
internal enum TargetKind
{
    /// <summary>Decibels of the outputs.</summary>
    SignalToNoise,

    /// <summary>The share of equal first answers, 0…1.</summary>
    Agreement,

    /// <summary>Points of top-1 accuracy lost.</summary>
    Drop,
}

/// <summary>A target as it was given.</summary>
/// <param name="Kind">What is measured.</param>
/// <param name="Value">Decibels, a share 0…1, or points.</param>
internal sealed record Target(TargetKind Kind, double Value);
