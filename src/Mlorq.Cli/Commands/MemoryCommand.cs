using System.CommandLine;
using System.Globalization;
using Mlorq.Cli.Inputs;

namespace Mlorq.Cli.Commands;

/// <summary>A hidden command for <c>evaluate</c>, which measures each model's memory in a process of its own.</summary>
internal static class MemoryCommand
{
    public const string CommandName = "measure-memory";

    public static Command Create(Terminal terminal)
    {
        var model = RunOptions.Model("An ONNX file with a single float input.");
        var shape = new Option<string>("--shape") { Required = true };
        var command = new Command(CommandName) { model, shape };
        command.Hidden = true;
        command.SetAction(parsed =>
        {
            var sides = parsed.GetRequiredValue(shape).Split(',').Select(s => long.Parse(s, CultureInfo.InvariantCulture)).ToArray();
            var bytes = ResidentMemory.Measure(parsed.GetRequiredValue(model), sides);
            Terminal.WriteLine(terminal.Output, bytes.ToString(CultureInfo.InvariantCulture));
            return ExitCode.Success;
        });
        return command;
    }
}
