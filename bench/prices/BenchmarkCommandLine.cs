using System.CommandLine;

namespace Mlorq.Benchmarks.Prices;

/// <summary>The program's options as text.</summary>
internal static class BenchmarkCommandLine
{
    private static readonly Option<string> Model = Required("--model", "FILE.onnx", "The model to price.");
    private static readonly Option<string> Calibration = Required("--calibration", "DIR", "Pictures to price with.");
    private static readonly Option<string> Output = Required("--output", "DIR", "Folder for the results, named after the model.");
    private static readonly Option<string?> Preprocessing = new("--preprocessing") { HelpName = "FILE.json", Description = "As for mlorq compress. Default: the model's own, else that of its input." };
    private static readonly Option<int> Samples = Number("--samples", 256, "Calibration pictures, the first ones; all are differentiated at.");
    private static readonly Option<int> Projections = Number("--projections", 1, "Random projections of the outputs for each picture.");
    private static readonly Option<ulong> Seed = new("--seed") { HelpName = "N", Description = "Where the projections' random numbers start.", DefaultValueFactory = _ => 1 };
    private static readonly Option<int> Measured = Number("--measured", 64, "Pictures on which the change of the outputs is measured, the first ones, to whole batches.");
    private static readonly Option<bool> TableOnly = new("--table-only") { Description = "Only the candidates of the table instead of all default ones: a quick look, whose times say little." };
    private static readonly Option<int> Threads = Number("--threads", Environment.ProcessorCount, "Threads to use.");

    public static ParseResult Parse(IReadOnlyList<string> arguments)
    {
        var root = new RootCommand("Compares the prices of weight errors by sample gradients with what those errors really do to a model's outputs, and the time that both need.");
        Option[] all = [Model, Calibration, Output, Preprocessing, Samples, Projections, Seed, Measured, TableOnly, Threads];
        foreach (var option in all) root.Add(option);
        return root.Parse(arguments);
    }

    public static BenchmarkOptions OptionsOf(ParseResult parsed) => new(
        parsed.GetRequiredValue(Model),
        parsed.GetRequiredValue(Calibration),
        parsed.GetRequiredValue(Output),
        parsed.GetValue(Preprocessing),
        parsed.GetValue(Samples),
        parsed.GetValue(Projections),
        parsed.GetValue(Seed),
        parsed.GetValue(Measured),
        parsed.GetValue(TableOnly),
        parsed.GetValue(Threads));

    private static Option<string> Required(string name, string helpName, string description) =>
        new(name) { HelpName = helpName, Description = description, Required = true };

    private static Option<int> Number(string name, int standard, string description)
    {
        var option = new Option<int>(name) { HelpName = "N", Description = description, DefaultValueFactory = _ => standard };
        option.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && int.TryParse(token.Value, out var number) && number < 1) result.AddError($"{name} must be 1 or more, not {number}.");
        });
        return option;
    }
}
