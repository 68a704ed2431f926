using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using Mlorq.Vision;

namespace Mlorq.Cli.Inputs;

/// <summary>How pictures become inputs: from the model's shape, what a file remembers, a JSON file and single options, the later ones winning.</summary>
internal sealed class PreprocessingOptions
{
    private readonly Option<string?> _file = RunOptions.Text(
        "--preprocessing", "FILE.json", "Preprocessing from a JSON file with the fields resize, crop, interpolation, mean, std, channels, layout.");
    private readonly Option<string?> _resize = RunOptions.Text(
        "--resize", "SIZE", "Pixels of the shorter side, such as 248, or WIDTHxHEIGHT, or none. Default: the input's side / 0.9.");
    private readonly Option<string?> _crop = RunOptions.Text(
        "--crop", "SIZE", "Side of the centre crop in pixels, such as 224, or WIDTHxHEIGHT, or none. Default: the input's side.");
    private readonly Option<string?> _interpolation = RunOptions.Text(
        "--interpolation", "FILTER", "Filter of the resizing, as in PIL: nearest, bilinear, bicubic or lanczos. Default: bicubic.");
    private readonly Option<string?> _mean = RunOptions.Text(
        "--mean", "R,G,B", "Subtracted from pixels on the scale 0…1. Default: 0.485,0.456,0.406 (ImageNet); grey: 0.");
    private readonly Option<string?> _std = RunOptions.Text(
        "--std", "R,G,B", "Divided by after that. Default: 0.229,0.224,0.225 (ImageNet); grey: 1.");

    public void AddTo(Command command)
    {
        foreach (var option in new[] { _file, _resize, _crop, _interpolation, _mean, _std }) command.Add(option);
    }

    /// <summary>Whether any option was given.</summary>
    public bool AreGiven(ParseResult parsed) =>
        new[] { _file, _resize, _crop, _interpolation, _mean, _std }.Any(o => parsed.GetValue(o) is not null);

    /// <summary>The preprocessing for a model's input.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="input">The model's input.</param>
    /// <param name="remembered">What a file's metadata say; null if nothing.</param>
    /// <param name="standard">What holds without either; null: that of classifiers.</param>
    public (Preprocessing Preprocessing, string Origin) For(ParseResult parsed, PictureInput input, Preprocessing? remembered, Preprocessing? standard = null)
    {
        standard ??= input.DefaultPreprocessing();
        var start = remembered ?? standard;
        if (parsed.GetValue(_file) is { } file) start = Preprocessing.Load(file, standard);
        var origin = AreGiven(parsed) ? "as given" : remembered is not null ? "as stored in the model" : "default for the input";
        return (Overridden(parsed, start), origin);
    }

    private Preprocessing Overridden(ParseResult parsed, Preprocessing value)
    {
        if (parsed.GetValue(_resize) is { } resize) value = value with { Resize = Resize(resize) };
        if (parsed.GetValue(_crop) is { } crop) value = value with { Crop = Crop(crop) };
        if (parsed.GetValue(_interpolation) is { } filter) value = value with { Interpolation = Filter(filter) };
        if (parsed.GetValue(_mean) is { } mean) value = value with { Mean = Numbers("--mean", mean) };
        if (parsed.GetValue(_std) is { } std) value = value with { Std = Numbers("--std", std) };
        return value;
    }

    private static bool IsNone(string text) => text.Equals("none", StringComparison.OrdinalIgnoreCase);

    private static ResizeRule? Resize(string text) =>
        IsNone(text) ? null : ResizeRule.TryParse(text, out var rule) ? rule : throw Wrong("--resize", text, "a number of pixels such as 248, WIDTHxHEIGHT, or none");

    private static PictureSize? Crop(string text) =>
        IsNone(text) ? null : PictureSize.TryParse(text, out var size) ? size : throw Wrong("--crop", text, "a number of pixels such as 224, WIDTHxHEIGHT, or none");

    private static Interpolation Filter(string text) =>
        Enum.TryParse<Interpolation>(text, ignoreCase: true, out var filter) && Enum.IsDefined(filter) && !int.TryParse(text, out _)
            ? filter
            : throw Wrong("--interpolation", text, "nearest, bilinear, bicubic or lanczos");

    private static ImmutableArray<float> Numbers(string option, string text)
    {
        var numbers = ImmutableArray.CreateBuilder<float>();
        foreach (var part in text.Split(','))
        {
            if (!float.TryParse(part, NumberStyles.Float, CultureInfo.InvariantCulture, out var number))
                throw Wrong(option, text, "one number, or three with commas and without blanks, such as 0.5,0.5,0.5");
            numbers.Add(number);
        }

        return numbers.ToImmutable();
    }

    private static UsageException Wrong(string option, string text, string expected) => new($"{option} is '{text}'; it must be {expected}.");
}
