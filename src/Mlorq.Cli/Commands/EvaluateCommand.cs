using System.CommandLine;
using Mlorq.Cli.Display;
using Mlorq.Cli.Inputs;
using Mlorq.Onnx;
using Mlorq.Vision;

namespace Mlorq.Cli.Commands;

/// <summary><c>mlorq evaluate</c>: a classifier on labelled pictures, a detector on pictures with known objects, or any model on arrays, alone or beside another.</summary>
internal sealed class EvaluateCommand : Command, ICommandWithExamples
{
    private readonly Argument<string?> _model = new("MODEL")
    {
        Description = "The ONNX file of a classifier: a single input for pictures, first output [batch, classes]. With --coco: of a detector. With --inputs: of any model. Not needed with --detections.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<string?> _images = RunOptions.Text("--images", "DIR", "The folder of pictures (.png, .jpg, .webp), subfolders included.");
    private readonly Option<string?> _labels = RunOptions.Text(
        "--labels",
        "FILE.csv|FILE.npy",
        "For classifiers: the right answers, a CSV file with the header file,label,class_name; file is relative to the folder, label counts from 0. Pictures without a label are left out. "
            + "With --inputs: an .npy file of whole numbers, one for each vector of the first output (a text, or a token), or an array labels in each .npz file in its place; those below 0 are left out.");

    private readonly Option<string[]> _inputs = new("--inputs")
    {
        HelpName = "[NAME=]FILE",
        Description = "For models that take something else than pictures, such as texts: samples as arrays, NAME=FILE once for each input, in the forms that --calibration of `mlorq compress` takes (.npy, .npz, .raw). "
            + "Compares all outputs with those of --reference.",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<string?> _reference = new("--reference")
    {
        HelpName = "MODEL2",
        Description = "Another model, such as the uncompressed one, to be measured side by side.",
    };

    private readonly Option<int?> _threads = RunOptions.Threads();
    private readonly Option<bool> _json = RunOptions.Json();
    private readonly DetectionOptions _objects = new();
    private readonly PreprocessingOptions _preprocessing = new();

    private EvaluateCommand(Terminal terminal)
        : base("evaluate", "Measures accuracy, latency and memory of a classifier on labelled pictures, COCO's average precision and recall of detections, or how far the outputs of any model are from another's.")
    {
        Add(_model);
        foreach (var option in new Option[] { _images, _labels, _inputs, _reference }.Concat(_objects.Options).Concat([_threads, _json])) Add(option);
        _preprocessing.AddTo(this);
        SetAction(parsed => Run(parsed, terminal));
    }

    public IReadOnlyList<(string What, string Line)> Examples =>
    [
        ("A compressed model beside its original; it remembers how pictures are prepared", "mlorq evaluate small.onnx --images validation --labels validation.csv --reference model.onnx"),
        ("Detections that another program made", "mlorq evaluate --coco instances_val2017.json --detections results.json"),
        ("A compressed detector beside its original", "mlorq evaluate small.onnx --reference detector.onnx --coco instances_val2017.json --images val2017"),
        ("A text encoder beside its original: cosines of embeddings and states", "mlorq evaluate small.onnx --reference encoder.onnx --inputs input_ids=ids.npy --inputs attention_mask=mask.npy"),
    ];

    public static Command Create(Terminal terminal) => new EvaluateCommand(terminal);

    private int Run(ParseResult parsed, Terminal terminal)
    {
        if (parsed.GetValue(_inputs) is { Length: > 0 } inputs) return Arrays(parsed, terminal, inputs);
        if (_objects.Truth(parsed) is not { } truth) return Classifier(parsed, terminal);
        if (parsed.GetValue(_labels) is not null) throw new UsageException("--labels is for classifiers, and --coco for detectors. Give one of them.");
        if (_objects.Detections(parsed) is { } detections) return Detections(parsed, terminal, truth, detections);
        return Detector(parsed, terminal, truth);
    }

    private int Classifier(ParseResult parsed, Terminal terminal)
    {
        var path = parsed.GetValue(_model) ?? throw new UsageException("Give the MODEL to evaluate (or score a file of detections with --coco and --detections).");
        var folder = parsed.GetValue(_images) ?? throw new UsageException("Give the pictures with --images DIR.");
        var labels = parsed.GetValue(_labels) ?? throw new UsageException("Give the right answers with --labels FILE.csv (or, for a detector, with --coco INSTANCES.json).");
        var referencePath = parsed.GetValue(_reference);
        var model = OnnxReader.Read(path);
        var reference = referencePath is null ? null : OnnxReader.Read(referencePath);
        var remembered = PreprocessingMetadata.Find(model) ?? (reference is null ? null : PreprocessingMetadata.Find(reference));
        var input = PictureInput.Of(model);
        var (preprocessing, origin) = _preprocessing.For(parsed, input, remembered);
        input.EnsureFits(preprocessing);
        if (reference is not null) PictureInput.Of(reference).EnsureFits(preprocessing);
        var pictures = LabelledImages.Pair(ImageFolder.Read(folder), LabelFile.Read(labels));
        if (pictures.Unlabelled.Count > 0) terminal.Note($"{pictures.Unlabelled.Count} pictures have no label and are left out.");
        var threads = parsed.GetValue(_threads) ?? Environment.ProcessorCount;
        var evaluation = Evaluation.Run(terminal, path, referencePath, input, pictures, preprocessing, threads);
        if (parsed.GetValue(_json)) Terminal.WriteLine(terminal.Output, Json.Of(evaluation));
        else EvaluationTable.Write(terminal.Output, evaluation, $"{preprocessing} ({origin})");
        return ExitCode.Success;
    }

    private int Arrays(ParseResult parsed, Terminal terminal, string[] given)
    {
        var path = parsed.GetValue(_model) ?? throw new UsageException("Give the MODEL to evaluate.");
        if (_objects.Options.Prepend(_images).Cast<Option<string?>>().FirstOrDefault(o => parsed.GetValue(o) is not null) is { } other)
            throw new UsageException($"{other.Name} is for models that take pictures, and --inputs for those that take arrays. Give one of them.");
        var (referencePath, labels) = (parsed.GetValue(_reference), parsed.GetValue(_labels));
        string[] paths = referencePath is null ? [path] : [path, referencePath];
        var models = paths.Select(OnnxReader.Read).ToList();
        var files = CalibrationSource.Of(given) is CalibrationSource.Arrays arrays ? arrays.Given : given;
        var (samples, answers) = ArrayLabels.TakeFrom(ArrayFiles.Read(models[0], files, int.MaxValue, _inputs.Name), models[0]);
        if (labels is not null && answers is not null) throw new UsageException($"There are right answers in '{labels}', and in the array '{ArrayLabels.Name}' of the samples. Give one of them.");
        if (labels is not null) answers = [.. Enumerable.Repeat(ArrayLabels.Read(labels), samples.Batches.Count)];
        if (referencePath is null && answers is null) throw new UsageException($"Say what the outputs are compared with: --reference ORIGINAL.onnx, or the right answers with --labels FILE.npy (in .npz files an array '{ArrayLabels.Name}'), or both.");
        foreach (var model in models) samples.EnsureFits(model);
        var evaluation = ArrayEvaluation.Run(terminal, [.. paths.Zip(models)], samples, answers, parsed.GetValue(_threads) ?? Environment.ProcessorCount);
        if (parsed.GetValue(_json)) Terminal.WriteLine(terminal.Output, ArrayEvaluationJson.Of(evaluation));
        else ArrayEvaluationTable.Write(terminal.Output, evaluation);
        return ExitCode.Success;
    }

    private int Detections(ParseResult parsed, Terminal terminal, string truthPath, string path)
    {
        if (parsed.GetValue(_model) is { } model) throw new UsageException($"Both a model ('{model}') and --detections are given, which takes the model's place. Give one of them.");
        if (new[] { _images, _reference }.FirstOrDefault(o => parsed.GetValue(o) is not null) is { } other) throw new UsageException($"{other.Name} is for models, and --detections takes a model's place. Give one of them.");
        var truth = CocoGroundTruth.Read(truthPath);
        var detections = DetectionFile.Read(path, truth);
        var scores = DetectionScores.Of(truth, detections, _objects.Shape(parsed), terminal.Cancellation);
        var unknown = detections.Select(d => d.CategoryId).Except(truth.Categories.Select(c => c.Id)).ToList();
        if (unknown.Count > 0) terminal.Note($"{unknown.Count} categories of the detections are not in '{truthPath}' (ids {string.Join(", ", unknown.Order().Take(5))}{(unknown.Count > 5 ? ", …" : "")}); their detections are left out.");
        if (parsed.GetValue(_json)) Terminal.WriteLine(terminal.Output, DetectionJson.Of(truth, scores));
        else
        {
            DetectionTable.Write(terminal.Output, [("", scores)]);
            Terminal.WriteLine(terminal.Output, $"{truth.Images.Count} pictures, {detections.Count} detections.");
        }

        return ExitCode.Success;
    }

    private int Detector(ParseResult parsed, Terminal terminal, string truthPath)
    {
        var path = parsed.GetValue(_model) ?? throw new UsageException("--coco needs what was found: give --detections RESULTS.json, or a MODEL and its pictures with --images DIR.");
        var folder = parsed.GetValue(_images) ?? throw new UsageException("Give the pictures of --coco with --images DIR.");
        string[] paths = parsed.GetValue(_reference) is { } reference ? [path, reference] : [path];
        var models = paths.Select(OnnxReader.Read).ToList();
        var detectors = models.ConvertAll(m => Vision.Detector.Of(m, _objects.Layout(parsed)));
        var remembered = models.Select(PreprocessingMetadata.Find).FirstOrDefault(p => p is not null);
        var (preprocessing, origin) = _preprocessing.For(parsed, detectors[0].Input, remembered, detectors[0].DefaultPreprocessing);
        foreach (var detector in detectors) detector.Input.EnsureFits(preprocessing);
        var truth = CocoGroundTruth.Read(truthPath);
        var threads = parsed.GetValue(_threads) ?? Environment.ProcessorCount;
        var evaluation = DetectorEvaluation.Run(terminal, [.. paths.Zip(detectors)], truth, folder, preprocessing, _objects.Shape(parsed), threads);
        if (parsed.GetValue(_json)) Terminal.WriteLine(terminal.Output, DetectionJson.Of(evaluation));
        else
        {
            DetectionTable.Write(terminal.Output, evaluation.Models.Select(m => (Path.GetFileName(m.Path), m.Scores)));
            foreach (var model in evaluation.Models) Terminal.WriteLine(terminal.Output, $"{model.Path}: {Format.Megabytes(model.SizeInBytes)}, {Format.Bytes(model.Scores.Detections)} detections in {truth.Images.Count} pictures.");
            Terminal.WriteLine(terminal.Output, $"Outputs of {DetectorLayoutNames.Of(evaluation.Layout)}; preprocessing {preprocessing} ({origin})");
        }

        return ExitCode.Success;
    }
}
