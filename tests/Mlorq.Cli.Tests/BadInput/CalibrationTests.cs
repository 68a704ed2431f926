using Mlorq.Onnx;
using Mlorq.Onnx.Graphs;
using Mlorq.TestKit;

namespace Mlorq.Cli.Tests.BadInput;

public sealed class CalibrationTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly OldOutput _output = new();

    [Fact]
    public void An_empty_folder() => Refused(SmallModels.Classifier(), [EmptyFolder()], "hold no picture", ".png");

    [Fact]
    public void A_folder_that_does_not_exist() => Refused(SmallModels.Classifier(), [_folder.File("none")], "none", "does not exist");

    [Fact]
    public void An_unreadable_picture()
    {
        var pictures = EmptyFolder();
        foreach (var file in Directory.EnumerateFiles(Sample.Calibration).Order().Take(2)) File.Copy(file, Path.Combine(pictures, Path.GetFileName(file)));
        File.WriteAllText(Path.Combine(pictures, "broken.png"), "no picture");
        Refused(SmallModels.Classifier(), [pictures], "broken.png", "cannot be read");
    }

    [Fact]
    public void Pictures_for_a_model_of_four_channels() =>
        Refused(SmallModels.Classifier(channels: 4), [Sample.Calibration], "[?, 4, 8, 8]", "1 (grey) or 3 (RGB)");

    [Fact]
    public void A_preprocessing_of_other_channels()
    {
        File.WriteAllText(_folder.File("rgb.json"), """{"resize":"8x8","crop":null,"mean":0,"std":1,"channels":3}""");
        Refused(SmallModels.Classifier(), [Sample.Calibration, "--preprocessing", _folder.File("rgb.json")], "3 channels", "takes 1");
    }

    [Fact]
    public void An_array_of_other_channels() =>
        Refused(SmallModels.Classifier(), [Array("x.npy", 2, 3, 8, 8)], "[2, 3, 8, 8]", "picture float [?, 1, 8, 8]");

    [Fact]
    public void An_array_of_doubles()
    {
        // What numpy.save writes unless told otherwise.
        var header = "{'descr': '<f8', 'fortran_order': False, 'shape': (1, 1, 8, 8), }".PadRight(117) + "\n";
        File.WriteAllBytes(_folder.File("x.npy"), [0x93, .. "NUMPY"u8, 1, 0, 118, 0, .. System.Text.Encoding.ASCII.GetBytes(header), .. new byte[64 * 8]]);
        Refused(SmallModels.Classifier(), [_folder.File("x.npy")], "takes Float", "are Double");
    }

    [Fact]
    public void A_damaged_array()
    {
        File.WriteAllText(_folder.File("x.npy"), "no array at all");
        Refused(SmallModels.Classifier(), [_folder.File("x.npy")], "x.npy", "no .npy file");
    }

    [Fact]
    public void A_wrong_input_name() =>
        Refused(SmallModels.Classifier(), [$"image={Array("x.npy", 2, 1, 8, 8)}"], "no input 'image'", "picture float");

    [Fact]
    public void Several_inputs_without_data_for_one() =>
        Refused(SmallModels.TwoInputs(), [$"left={Array("x.npy", 2, 64)}"], "'right' has no calibration data");

    [Fact]
    public void Several_inputs_and_an_array_that_does_not_say_for_which() =>
        Refused(SmallModels.TwoInputs(), [Array("x.npy", 2, 64)], "2 inputs", "--calibration NAME=");

    [Fact]
    public void Several_inputs_with_different_numbers_of_samples() =>
        Refused(SmallModels.TwoInputs(), [$"left={Array("x.npy", 2, 64)}", "--calibration", $"right={Array("y.npy", 3, 64)}"], "'left' 2", "'right' 3");

    [Fact]
    public void Several_inputs_and_a_folder_of_pictures() =>
        Refused(SmallModels.TwoInputs(), [Sample.Calibration], "2 inputs", ".npy");

    [Fact]
    public void Fewer_pictures_than_the_model_takes_at_once() =>
        Refused(SmallModels.Classifier(batch: 4), [Sample.Calibration, "--samples", "3"], "4 pictures at once", "only 3");

    public void Dispose()
    {
        _folder.Dispose();
        _output.Dispose();
    }

    private void Refused(Model model, string[] calibration, params string[] words)
    {
        OnnxWriter.Write(model, _folder.File("model.onnx"));
        CommandRun.Of(["compress", _folder.File("model.onnx"), "--budget", "2x", "--output", _output.Path, "--calibration", .. calibration])
            .FailsWith(ExitCode.UnusableData, words);
        _output.IsUntouched();
    }

    private string EmptyFolder() => Directory.CreateDirectory(_folder.File("pictures")).FullName;

    private string Array(string name, params long[] shape)
    {
        NpyFile.Write(_folder.File(name), new float[Tensor.CountElements(shape)], shape);
        return _folder.File(name);
    }
}
