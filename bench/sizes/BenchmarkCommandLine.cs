using System.CommandLine;

namespace Mlorq.Benchmarks.Sizes;

/// <summary>The program's two commands as text.</summary>
internal static class BenchmarkCommandLine
{
    private static readonly Argument<string> Size = new("size") { HelpName = TransformerSize.Names, Description = "Which size." };
    private static readonly Argument<string> Model = new("model") { HelpName = "FILE.onnx", Description = "A model that generate made." };
    private static readonly Option<string> Output = new("--output") { HelpName = "PATH", Description = "The model's file, or the folder for the results.", Required = true };
    private static readonly Option<int> Pictures = Number("--pictures", 32, "Generated calibration pictures.");
    private static readonly Option<string?> Budget = new("--budget") { HelpName = "SIZE", Description = "As for mlorq compress; without it the model is analysed only." };
    private static readonly Option<string?> Memory = new("--memory") { HelpName = "SIZE", Description = "As for mlorq compress." };
    private static readonly Option<Effort> Effort = new("--effort") { HelpName = "fast|normal|best", Description = "As for mlorq compress.", DefaultValueFactory = _ => Mlorq.Effort.Normal };
    private static readonly Option<int> Threads = Number("--threads", Environment.ProcessorCount, "Threads to use.");

    public static int Run(string[] arguments, Action<TransformerSize, string> generate, Action<BenchmarkOptions> measure)
    {
        var making = new Command("generate", "Writes a vision transformer with random weights.") { Size, Output };
        making.SetAction(parsed => generate(TransformerSize.Of(parsed.GetRequiredValue(Size)), parsed.GetRequiredValue(Output)));
        var measuring = new Command("measure", "Compresses or analyses it, and says how long that took and how much memory.") { Model, Output, Pictures, Budget, Memory, Effort, Threads };
        measuring.SetAction(parsed => measure(new BenchmarkOptions(
            parsed.GetRequiredValue(Model),
            parsed.GetRequiredValue(Output),
            parsed.GetValue(Pictures),
            parsed.GetValue(Budget),
            parsed.GetValue(Memory),
            parsed.GetValue(Effort),
            parsed.GetValue(Threads))));
        return new RootCommand("Time and memory that larger models take.") { making, measuring }.Parse(arguments).Invoke();
    }

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
