using System.CommandLine;

namespace Mlorq.Cli.Commands;

/// <summary><c>mlorq</c> without a command.</summary>
internal sealed class MainCommand : RootCommand, ICommandWithExamples
{
    public MainCommand()
        : base(
            "Compresses trained transformers in ONNX form to a size that you choose: "
            + "each layer gets the low-bit or low-rank form that changes the outputs least.") =>
        SetAction((Func<ParseResult, int>)(_ => throw new UsageException("Name a command, for example `mlorq demo`. `mlorq --help` shows all of them.")));

    public IReadOnlyList<(string What, string Line)> Examples =>
    [
        ("Everything at once on a sample, in a minute", "mlorq demo"),
        ("A model of your own to 4 MB, with some of its pictures", "mlorq compress model.onnx --calibration pictures --budget 4MB --output small.onnx"),
        ("Help for a command", "mlorq compress --help"),
    ];
}
