using Mlorq.Onnx.Execution;
using Mlorq.Onnx.Graphs;

namespace Mlorq.Vision;

/// <summary>A model that finds objects in pictures, and how its outputs are read.</summary>
public sealed class Detector
{
    // What DETR and the detectors of mmdetection are made for by default.
    private const int ShorterSide = 800;

    private readonly DetectorOutputs _outputs;

    private Detector(PictureInput input, DetectorOutputs outputs) => (Input, _outputs) = (input, outputs);

    /// <summary>The input for the picture.</summary>
    public PictureInput Input { get; }

    /// <summary>How its outputs are read.</summary>
    public DetectorLayout Layout => _outputs.Layout;

    /// <summary>
    /// What is most probably right: the whole picture with its proportions, its shorter side 800 pixels, or exactly the size that the input has; ImageNet's mean and std. Models of torchvision
    /// resize and normalise themselves, and get pixels from 0 to 1.
    /// </summary>
    public Preprocessing DefaultPreprocessing
    {
        get
        {
            ResizeRule? free = Layout == DetectorLayout.Torchvision ? null : new ResizeRule.ShorterSide(ShorterSide);
            var standard = new Preprocessing
            {
                Resize = Input.Width > 0 && Input.Height > 0 ? new ResizeRule.Exact(Input.Width, Input.Height) : free,
                Interpolation = Interpolation.Bilinear,
                Channels = Input.Channels,
                Layout = Input.Layout,
            };
            return Layout == DetectorLayout.Torchvision || Input.Channels == 1 ? standard with { Mean = [0f], Std = [1f] } : standard;
        }
    }

    /// <summary>A detector, if the model is one.</summary>
    /// <param name="model">With one input, for one picture at a time.</param>
    /// <param name="layout">How its outputs are read; null: by their names and shapes.</param>
    /// <exception cref="EvaluationException">Its outputs are not those of a known layout, or of several.</exception>
    /// <exception cref="PreprocessingException">Its input takes no pictures.</exception>
    public static Detector Of(Model model, DetectorLayout? layout = null)
    {
        var input = PictureInput.Of(model);
        if (input.Batch > 1) throw new EvaluationException($"The input '{input.Name}' takes {input.Batch} pictures at once; detectors are run picture by picture. Export the model for one picture.");
        return new Detector(input, DetectorOutputs.Find(model.Graph.Outputs, layout));
    }

    /// <summary>A detector, if the model's outputs are those of a known layout; null where they are of none, or of several, or it takes several pictures at once.</summary>
    /// <param name="model">With one input.</param>
    /// <exception cref="PreprocessingException">Its input takes no pictures.</exception>
    public static Detector? TryOf(Model model)
    {
        var input = PictureInput.Of(model);
        return input.Batch <= 1 && DetectorOutputs.All(model.Graph.Outputs, null) is [var single] ? new Detector(input, single) : null;
    }

    /// <summary>Runs the model on all pictures of a file, one after the other.</summary>
    /// <param name="runner">The model.</param>
    /// <param name="truth">Names and sizes of the pictures, and the categories.</param>
    /// <param name="folder">Where the pictures are.</param>
    /// <param name="preprocessing">How they are prepared.</param>
    /// <param name="threads">Pictures prepared at the same time.</param>
    /// <param name="progress">Hears the number of pictures done.</param>
    /// <param name="cancellation">Stops between two pictures.</param>
    /// <returns>What was found, in pixels of the original pictures.</returns>
    /// <exception cref="CocoException">Pictures are missing, or their names or sizes.</exception>
    /// <exception cref="EvaluationException">The outputs are not as their layout says, or classes and categories do not go together.</exception>
    /// <exception cref="Mlorq.Onnx.MlorqException">A picture cannot be read or does not fit the input, or the model cannot be run.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public IReadOnlyList<Detection> Find(
        ModelRunner runner, CocoGroundTruth truth, string folder, Preprocessing preprocessing, int threads, IProgress<int>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(runner);
        ArgumentNullException.ThrowIfNull(truth);
        Input.EnsureFits(preprocessing);
        var pictures = new PictureSource(FolderOf(truth, folder), preprocessing);
        var categories = new DetectorCategories(Layout, truth.Categories);
        var (detections, done) = (new List<Detection>(), 0);
        foreach (var picture in pictures.ReadBatches(1, threads, cancellation))
        {
            var image = truth.Images[done];
            var names = _outputs.Names.Values.ToList();
            var tensors = runner.Run(new Dictionary<string, Tensor> { [Input.Name] = Tensor.Of(picture.Values, Input.ShapeOf(1, picture.Size)) }, names);
            var reading = new DetectorReading(_outputs, names.Zip(tensors).ToDictionary(t => t.First, t => t.Second));
            var geometry = PictureGeometry.Of(image.Size!.Value, picture.Size, preprocessing);
            detections.AddRange(reading.Objects(picture.Size).Select(o => ToDetection(o, image, categories.IdOf(o.Label, reading.Classes), picture.Size, geometry)));
            progress?.Report(++done);
        }

        return detections;
    }

    private static Detection ToDetection(FoundObject found, CocoImage image, long category, PictureSize prepared, PictureGeometry geometry)
    {
        var box = geometry.ToOriginal(found.Left, found.Top, found.Right, found.Bottom);
        var region = found.Mask is { CoversPicture: true } ? geometry.ToOriginal(0, 0, prepared.Width, prepared.Height) : box;
        return new Detection(image.Id, category, found.Score, box, found.Mask?.ToMask(image.Size!.Value, region));
    }

    private static ImageFolder FolderOf(CocoGroundTruth truth, string folder)
    {
        if (!Directory.Exists(folder)) throw new ImageFolderException($"The picture folder '{folder}' does not exist.");
        if (truth.Images.FirstOrDefault(i => i.File.Length == 0 || i.Size is null) is { } bare)
            throw new CocoException($"'{truth.Path}': image {bare.Id} has no {(bare.Size is null ? "\"width\" and \"height\"" : "\"file_name\"")}, which detectors need. Give them in \"images\".");
        var files = new ImageFolder(folder, [.. truth.Images.Select(i => i.File)]);
        var missing = files.Files.Where(f => !File.Exists(files.PathOf(f))).ToList();
        if (missing.Count == 0) return files;
        throw new CocoException($"{missing.Count} of the {files.Files.Count} pictures that '{truth.Path}' names are not in '{folder}': {string.Join(", ", missing.Take(3))}{(missing.Count > 3 ? ", …" : "")}. Give the folder that they are in.");
    }
}
