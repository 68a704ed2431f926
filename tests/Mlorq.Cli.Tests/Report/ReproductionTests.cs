using Mlorq.Cli.Report;

namespace Mlorq.Cli.Tests.Report;

public class ReproductionTests
{
    [Theory]
    [InlineData("mlorq compress m.onnx --budget 2x -o out.onnx", "compress", "m.onnx", "--budget", "2x", "-o", "out.onnx")]
    [InlineData("mlorq compress 'my model.onnx' --bits '*/mlp/*=3,4' -o 'it'\\''s.onnx'", "compress", "my model.onnx", "--bits", "*/mlp/*=3,4", "-o", "it's.onnx")]
    [InlineData("mlorq compress m.onnx --mean=-0.5 -o out.onnx", "compress", "m.onnx", "--mean=-0.5", "--resume", "-o", "out.onnx")]
    [InlineData("mlorq compress m.onnx --budget 2x", "compress", "--config", "mlorq.json", "m.onnx", "--budget", "2x")]
    public void The_line_says_what_was_given(string expected, params string[] args)
    {
        using var nowhere = new StringWriter();
        var terminal = new Terminal(Terminal.Plain(nowhere), Terminal.Plain(nowhere), TestContext.Current.CancellationToken);
        Assert.Equal(expected, Reproduction.Of(CommandLine.Root(terminal).Root.Parse(args)));
    }
}
