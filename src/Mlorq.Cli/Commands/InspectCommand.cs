using System.CommandLine;
using Mlorq.Cli.Display;
using Mlorq.Cli.Inputs;
using Mlorq.Layers;
using Mlorq.Onnx;

namespace Mlorq.Cli.Commands;

/// <summary><c>mlorq inspect</c>: what is in a model.</summary>
internal sealed class InspectCommand : Command, ICommandWithExamples
{
    private InspectCommand(Terminal terminal)
        : base("inspect", "Shows the layers of a model, what they weigh and what cannot be compressed; of a compressed file, how each layer is stored.")
    {
        var model = RunOptions.Model("An ONNX file, compressed or not.");
        var json = RunOptions.Json();
        Add(model);
        Add(json);
        SetAction(parsed =>
        {
            var path = parsed.GetRequiredValue(model);
            var inspection = ModelInspection.Of(OnnxReader.Read(path));
            if (parsed.GetValue(json)) Terminal.WriteLine(terminal.Output, Json.Of(path, inspection));
            else InspectionTable.Write(terminal.Output, path, inspection, terminal.Verbosity == Verbosity.Verbose);
            return ExitCode.Success;
        });
    }

    public IReadOnlyList<(string What, string Line)> Examples =>
    [
        ("What can be compressed in a model", "mlorq inspect model.onnx"),
        ("How each layer of a compressed file is stored, for a script", "mlorq inspect small.onnx --json"),
    ];

    public static Command Create(Terminal terminal) => new InspectCommand(terminal);
}
