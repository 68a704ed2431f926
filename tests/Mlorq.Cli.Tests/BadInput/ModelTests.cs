using Mlorq.Onnx;
using Mlorq.TestKit;

namespace Mlorq.Cli.Tests.BadInput;

public sealed class ModelTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly OldOutput _output = new();

    [Fact]
    public void A_file_that_is_not_onnx() =>
        Refused("this is no model"u8.ToArray(), "model.onnx", "not an ONNX file");

    [Fact]
    public void An_empty_file() => Refused([], "model.onnx", "not an ONNX file");

    [Fact]
    public void A_truncated_file()
    {
        var whole = File.ReadAllBytes(Sample.Model);
        Refused(whole[..(whole.Length / 2)], "model.onnx", "cut off");
    }

    [Fact]
    public void Missing_external_data() => Refused(SmallModels.WithExternalWeight(), "'w'", "weights.bin", "missing", "beside the model");

    [Fact]
    public void An_opset_that_is_too_old() => Refused(OnnxWriter.ToBytes(SmallModels.Classifier(opset: 10)), "opset 10", "11 or newer");

    [Fact]
    public void No_compressible_layer() => Refused(OnnxWriter.ToBytes(SmallModels.WithoutLayers()), "nothing to compress", "mlorq inspect");

    [Fact]
    public void Weights_that_are_quantized_already() =>
        Refused(OnnxWriter.ToBytes(SmallModels.Quantized()), "quantized already", "DequantizeLinear read 3072 codes", "'codes' at node 'unpack'", "Compress the model that it was made from");

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void Weights_that_are_not_finite(float value) =>
        Refused(OnnxWriter.ToBytes(SmallModels.Classifier(firstWeight: value)), "'w1'", "first", "element 0");

    [Fact]
    public void A_file_that_does_not_exist()
    {
        Compress(_folder.File("none.onnx")).FailsWith(ExitCode.UnusableModel, "There is no file", "none.onnx");
        CommandRun.Of("inspect", _folder.File("none.onnx")).FailsWith(ExitCode.UnusableModel, "none.onnx");
        _output.IsUntouched();
    }

    [Fact]
    public void A_folder_in_place_of_a_model() => Compress(_folder.Path).FailsWith(ExitCode.UnusableModel, "is a folder");

    [Fact]
    public void Where_compress_finds_nothing_inspect_still_shows_the_model()
    {
        OnnxWriter.Write(SmallModels.WithoutLayers(), _folder.File("none.onnx"));
        var run = CommandRun.Of("inspect", _folder.File("none.onnx")).Succeeds();
        Assert.Contains("No layer can be compressed", run.Output, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _folder.Dispose();
        _output.Dispose();
    }

    private void Refused(byte[] model, params string[] words)
    {
        var path = _folder.File("model.onnx");
        File.WriteAllBytes(path, model);
        Compress(path).FailsWith(ExitCode.UnusableModel, words);
        _output.IsUntouched();
    }

    private CommandRun Compress(string model)
    {
        // Picture-like for the classifier, rows for the others: only the model is to be at fault.
        var isRow = File.Exists(model) && !File.ReadAllText(model).Contains("picture", StringComparison.Ordinal);
        NpyFile.Write(_folder.File("x.npy"), new float[2 * 64], isRow ? [2, 64] : [2, 1, 8, 8]);
        if (isRow && File.ReadAllText(model).Contains("relu", StringComparison.Ordinal)) NpyFile.Write(_folder.File("x.npy"), new float[2 * 4], 2, 4);
        return CommandRun.Of("compress", model, "--calibration", _folder.File("x.npy"), "--budget", "2x", "--output", _output.Path);
    }
}
