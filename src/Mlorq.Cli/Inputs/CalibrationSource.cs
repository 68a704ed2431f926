namespace Mlorq.Cli.Inputs;

/// <summary>What <c>--calibration</c> names.</summary>
internal abstract record CalibrationSource
{
    /// <summary>The value that asks for generated inputs; a folder of that name is ./synthetic.</summary>
    public const string SyntheticWord = "synthetic";

    private static readonly string[] ArrayExtensions = [".npy", ".npz", ".raw"];

    private CalibrationSource()
    {
    }

    /// <summary>A folder of pictures.</summary>
    public sealed record Pictures(string Folder) : CalibrationSource;

    /// <summary>Arrays: [NAME=]FILE.npy or NAME=FILE.raw for each input, or .npz files.</summary>
    public sealed record Arrays(IReadOnlyList<string> Given) : CalibrationSource;

    /// <summary>Random inputs.</summary>
    public sealed record Synthetic : CalibrationSource;

    /// <summary>Tells them apart.</summary>
    public static CalibrationSource Of(IReadOnlyList<string> given)
    {
        if (given is not [var single]) return new Arrays(given);
        if (single == SyntheticWord) return new Synthetic();
        if (Directory.Exists(single)) return Directory.EnumerateFiles(single, "*.npz").Order(StringComparer.Ordinal).ToList() is { Count: > 0 } archives ? new Arrays(archives) : new Pictures(single);
        var isArray = single.Contains('=', StringComparison.Ordinal) || ArrayExtensions.Any(e => single.EndsWith(e, StringComparison.OrdinalIgnoreCase));
        return isArray ? new Arrays(given) : new Pictures(single);
    }
}
