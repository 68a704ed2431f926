using System.CommandLine;
using Mlorq.Cli.Display;
using Mlorq.Cli.Inputs;
using Mlorq.Onnx;
using Mlorq.Vision;

namespace Mlorq.Cli.Commands;

/// <summary><c>mlorq evaluate</c>: a classifier on labelled pictures, alone or beside another.</summary>
internal sealed class EvaluateCommand : Command, ICommandWithExamples
{
    private readonly Argument<string> _model = RunOptions.Model("The ONNX file of a classifier: a single input for pictures, first output [batch, classes].");

    private readonly Option<string> _images = new("--images")
    {
        HelpName = "DIR",
        Description = "The folder of pictures (.png, .jpg, .webp), subfolders included.",
        Required = true,
    };

    private readonly Option<string> _labels = new("--labels")
    {
        HelpName = "FILE.csv",
        Description = "The right answers: a CSV file with the header file,label,class_name; file is relative to the folder, label "
            + "counts from 0. Pictures without a label are left out.",
        Required = true,
    };

    private readonly Option<string?> _reference = new("--reference")
    {
        HelpName = "MODEL2",
        Description = "Another model, such as the uncompressed one, to be measured side by side.",
    };

    private readonly Option<int?> _threads = RunOptions.Threads();
    private readonly Option<bool> _json = RunOptions.Json();
    private readonly PreprocessingOptions _preprocessing = new();

    private EvaluateCommand(Terminal terminal)
        : base("evaluate", "Measures accuracy, latency and memory of a classifier on labelled pictures.")
    {
        Add(_model);
        foreach (var option in new Option[] { _images, _labels, _reference, _threads, _json }) Add(option);
        _preprocessing.AddTo(this);
        SetAction(parsed => Run(parsed, terminal));
    }

    public IReadOnlyList<(string What, string Line)> Examples =>
    [
        ("A compressed model beside its original; it remembers how pictures are prepared", "mlorq evaluate small.onnx --images validation --labels validation.csv --reference model.onnx"),
    ];

    public static Command Create(Terminal terminal) => new EvaluateCommand(terminal);

    private int Run(ParseResult parsed, Terminal terminal)
    {
        var (path, referencePath) = (parsed.GetRequiredValue(_model), parsed.GetValue(_reference));
        var model = OnnxReader.Read(path);
        var reference = referencePath is null ? null : OnnxReader.Read(referencePath);
        var remembered = PreprocessingMetadata.Find(model) ?? (reference is null ? null : PreprocessingMetadata.Find(reference));
        var input = PictureInput.Of(model);
        var (preprocessing, origin) = _preprocessing.For(parsed, input, remembered);
        input.EnsureFits(preprocessing);
        if (reference is not null) PictureInput.Of(reference).EnsureFits(preprocessing);
        var pictures = LabelledImages.Pair(ImageFolder.Read(parsed.GetRequiredValue(_images)), LabelFile.Read(parsed.GetRequiredValue(_labels)));
        if (pictures.Unlabelled.Count > 0) terminal.Note($"{pictures.Unlabelled.Count} pictures have no label and are left out.");
        var threads = parsed.GetValue(_threads) ?? Environment.ProcessorCount;
        var evaluation = Evaluation.Run(terminal, path, referencePath, input, pictures, preprocessing, threads);
        if (parsed.GetValue(_json)) Terminal.WriteLine(terminal.Output, Json.Of(evaluation));
        else EvaluationTable.Write(terminal.Output, evaluation, $"{preprocessing} ({origin})");
        return ExitCode.Success;
    }
}
