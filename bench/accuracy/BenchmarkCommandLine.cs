using System.CommandLine;

namespace Mlorq.Benchmarks.Accuracy;

/// <summary>The program's options as text.</summary>
internal static class BenchmarkCommandLine
{
    private static readonly Option<string> Model = Required("--model", "FILE.onnx", "The classifier to compress.");
    private static readonly Option<string> Calibration = Required("--calibration", "DIR", "Pictures to compress with.");
    private static readonly Option<string> Images = Required("--images", "DIR", "Pictures to evaluate on; no calibration picture should be among them.");
    private static readonly Option<string> Labels = Required("--labels", "FILE.csv", "Their labels: file,label,class_name.");
    private static readonly Option<string> Budgets = Required("--budgets", "SIZE,SIZE", "File sizes, such as 3.2MB,2.6MB.");
    private static readonly Option<string> Output = Required("--output", "DIR", "Folder for the results, named after the model.");
    private static readonly Option<string?> Preprocessing = new("--preprocessing") { HelpName = "FILE.json", Description = "As for mlorq compress. Default: the model's own, else that of its input." };
    private static readonly Option<int> Samples = new("--samples") { HelpName = "N", Description = "Calibration pictures, the first ones.", DefaultValueFactory = _ => 256 };
    private static readonly Option<int?> ImagesLimit = new("--images-limit") { HelpName = "N", Description = "Evaluate on this many pictures, evenly spread. Default: all." };
    private static readonly Option<string> Methods = new("--methods") { HelpName = "NAME,NAME", Description = "Methods, in this order.", DefaultValueFactory = _ => string.Join(',', Method.Usual.Select(m => m.Name)) };
    private static readonly Option<string[]> Readme = new("--readme") { HelpName = "FILE.md[=NAME,NAME]", Description = "Also put the table, or that of some of the methods, between this file's marker lines; once for each file." };
    private static readonly Option<int> Threads = new("--threads") { HelpName = "N", Description = "Threads to use.", DefaultValueFactory = _ => Environment.ProcessorCount };

    private static readonly Option<bool> Continue = new("--continue") { Description = "Keep the methods that the results in --output have already, measured with the same pictures and budgets." };

    public static ParseResult Parse(IReadOnlyList<string> arguments)
    {
        var root = new RootCommand("Measures what a model keeps of its accuracy at given file sizes, beside baselines computed by the same code.");
        Option[] all = [Model, Calibration, Images, Labels, Budgets, Output, Preprocessing, Samples, ImagesLimit, Methods, Readme, Threads, Continue];
        foreach (var option in all) root.Add(option);
        foreach (var option in new Option[] { Samples, ImagesLimit, Threads }) option.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && int.TryParse(token.Value, out var number) && number < 1) result.AddError($"{option.Name} must be 1 or more, not {number}.");
        });
        return root.Parse(arguments);
    }

    public static BenchmarkOptions OptionsOf(ParseResult parsed) => new(
        parsed.GetRequiredValue(Model),
        parsed.GetRequiredValue(Calibration),
        parsed.GetRequiredValue(Images),
        parsed.GetRequiredValue(Labels),
        List(parsed.GetRequiredValue(Budgets)),
        parsed.GetRequiredValue(Output),
        parsed.GetValue(Preprocessing),
        parsed.GetValue(Samples),
        parsed.GetValue(ImagesLimit),
        List(parsed.GetRequiredValue(Methods)),
        [.. (parsed.GetValue(Readme) ?? []).Select(ReadmeOf)],
        parsed.GetValue(Threads),
        parsed.GetValue(Continue));

    /// <summary>A page, and the methods for its table.</summary>
    public static ReadmeTable ReadmeOf(string text) => text.Split('=', 2) is [var file, var methods] ? new ReadmeTable(file, List(methods)) : new ReadmeTable(text, null);

    private static string[] List(string text) => text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    private static Option<string> Required(string name, string helpName, string description) =>
        new(name) { HelpName = helpName, Description = description, Required = true };
}
