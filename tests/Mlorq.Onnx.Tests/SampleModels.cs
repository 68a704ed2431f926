using Mlorq.TestKit;

namespace Mlorq.Onnx.Tests;

/// <summary>Real exported models: the repository's sample, and more beside the repository where they are present.</summary>
public static class SampleModels
{
    private const string Embedded = "samples/vit-fashion/model.onnx";

    public static TheoryData<string> All =>
    [
        Embedded,
        "models/deit_tiny_patch16_224.onnx",
        "models/structures/swin_random_op13.onnx",
        "models/structures/swin_random_op17.onnx",
        "models/structures/text_encoder_random_op14.onnx",
        "models/structures/mask_rcnn_swin_random_op16.onnx",
    ];

    /// <summary>The full path of one of <see cref="All"/>; the calling test is skipped, visibly, where it is absent.</summary>
    public static string PathOf(string model)
    {
        if (model != Embedded) return TestFiles.Shared(model);
        var path = TestFiles.Repository(Embedded);
        return File.Exists(path) ? path : TestFiles.Shared("models/vit_fashion.onnx");
    }
}
