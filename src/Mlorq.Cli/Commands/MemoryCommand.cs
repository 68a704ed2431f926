using System.CommandLine;
using System.Globalization;
using Mlorq.Cli.Inputs;
using Mlorq.Onnx.Execution;
using Mlorq.Onnx.Graphs;

namespace Mlorq.Cli.Commands;

/// <summary>A hidden command for <c>evaluate</c> and <c>bench</c>, which measure each model's memory in a process of its own.</summary>
internal static class MemoryCommand
{
    public const string CommandName = "measure-memory";
    public const string ShapeOption = "--shape";
    public const string InputOption = "--input";
    public const string ThreadsOption = "--threads";

    private const ulong Seed = 1;

    public static Command Create(Terminal terminal)
    {
        var model = RunOptions.Model("An ONNX file.");
        var shape = new Option<string?>(ShapeOption);
        var inputs = new Option<string[]>(InputOption);
        var threads = RunOptions.Threads();
        var command = new Command(CommandName) { model, shape, inputs, threads };
        command.Hidden = true;
        command.SetAction(parsed =>
        {
            var generated = (parsed.GetValue(inputs) ?? []).Select(GeneratedInput.Parse).ToList();
            var memory = ResidentMemory.Measure(
                parsed.GetRequiredValue(model),
                parsed.GetValue(threads) ?? 1,
                loaded => parsed.GetValue(shape) is { } sides ? Zeros(loaded, sides) : GeneratedInput.CreateAll(generated, Seed));
            Terminal.WriteLine(terminal.Output, memory.ToString());
            return ExitCode.Success;
        });
        return command;
    }

    private static Dictionary<string, Tensor> Zeros(ModelRunner model, string sides)
    {
        var shape = sides.Split(',').Select(s => long.Parse(s, CultureInfo.InvariantCulture)).ToArray();
        return new() { [model.InputNames[0]] = Tensor.Of(new float[Tensor.CountElements(shape)], shape) };
    }
}
