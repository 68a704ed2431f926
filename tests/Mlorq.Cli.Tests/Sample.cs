using Mlorq.TestKit;

namespace Mlorq.Cli.Tests;

/// <summary>The sample of the repository.</summary>
internal static class Sample
{
    public static string Model => TestFiles.Repository("samples/vit-fashion/model.onnx");

    public static string Calibration => TestFiles.Repository("samples/vit-fashion/calibration");

    public static string Preprocessing => TestFiles.Repository("samples/vit-fashion/preprocessing.json");

    public static string TestPictures => TestFiles.Repository("samples/vit-fashion/test");

    public static string TestLabels => TestFiles.Repository("samples/vit-fashion/test.csv");
}
