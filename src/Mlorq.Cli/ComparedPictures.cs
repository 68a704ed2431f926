using Mlorq.Onnx.Graphs;
using Mlorq.Vision;

namespace Mlorq.Cli;

/// <summary>Pictures on which both models are compared.</summary>
/// <param name="Folder">The pictures.</param>
/// <param name="Labels">[pictures] the right classes; empty where they are not known.</param>
/// <param name="ClassNames">Names of classes, as far as they are known.</param>
/// <param name="Preprocessing">How they become inputs.</param>
/// <param name="Input">The models' input.</param>
/// <param name="AreCalibration">Whether the compression has seen them.</param>
internal sealed record ComparedPictures(
    ImageFolder Folder,
    IReadOnlyList<int> Labels,
    IReadOnlyDictionary<int, string> ClassNames,
    Preprocessing Preprocessing,
    PictureInput Input,
    bool AreCalibration)
{
    /// <summary>The same as pictures with their labels.</summary>
    public LabelledImages Labelled => new(Folder, Labels, []);

    /// <summary>The inputs, batch after batch. Where the model takes whole batches only, pictures that do not fill one are left out.</summary>
    public IEnumerable<IReadOnlyDictionary<string, Tensor>> Batches(int threads, CancellationToken cancellation) =>
        new PictureSource(Folder, Preprocessing).ReadBatches(Input.BatchSize, threads, cancellation)
            .Where(b => Input.Batch <= b.Files.Count)
            .Select(b => new Dictionary<string, Tensor> { [Input.Name] = Tensor.Of(b.Values, Input.ShapeOf(b.Files.Count, b.Size)) });
}
