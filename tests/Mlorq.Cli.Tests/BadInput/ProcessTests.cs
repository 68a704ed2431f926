using Mlorq.Onnx;
using Mlorq.TestKit;

namespace Mlorq.Cli.Tests.BadInput;

public sealed class ProcessTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly OldOutput _output = new();

    [Fact]
    public void Ctrl_C_midway()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs `kill` and GNU `env`");
        using var process = CommandProcess.StartInterruptible(
            "compress", Sample.Model, "--calibration", Sample.Calibration, "--preprocessing", Sample.Preprocessing, "--budget", "8x", "--output", _output.Path);
        process.WaitFor("Measuring layer inputs");
        process.Interrupt();
        process.End().FailsWith(ExitCode.Cancelled, "Cancelled");
        _output.IsUntouched();
    }

    [Fact]
    public void A_full_disk()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "needs /dev/full");

        // The name of the temporary file is known, so that a link to the full device can stand in its place.
        OnnxWriter.Write(SmallModels.Classifier(), _folder.File("model.onnx"));
        using var process = CommandProcess.StartAfter(
            $"ln -s /dev/full '{_output.Path}'.$$.partial",
            "compress", _folder.File("model.onnx"), "--calibration", Sample.Calibration, "--samples", "8", "--budget", "2x", "--output", _output.Path);
        process.End().FailsWith(ExitCode.OutputCannotBeWritten, "cannot be written", "No space left on device");
        _output.IsUntouched(keepsState: true);
    }

    [Fact]
    public void The_stack_trace_is_shown_when_asked_for()
    {
        using var process = CommandProcess.Start("inspect", _folder.File("none.onnx"), "--verbose");
        var run = process.End();
        Assert.Equal(ExitCode.UnusableModel, run.ExitCode);
        Assert.Contains("   at Mlorq.Onnx.OnnxReader.Read", run.Error, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _folder.Dispose();
        _output.Dispose();
    }
}
