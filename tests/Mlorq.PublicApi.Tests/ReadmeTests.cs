using Mlorq.Onnx.Execution;
using Mlorq.TestKit;

namespace Mlorq.PublicApi.Tests;

/// <summary>What the README shows is what is compiled and run here.</summary>
public class ReadmeTests
{
    [Fact]
    public void The_example_of_the_README_writes_a_file_within_the_budget()
    {
        using var folder = new TemporaryFolder();
        var original = TestFiles.Repository("samples/vit-fashion/model.onnx");
        var output = folder.File("small.onnx");
        MyProgram.Example.Compress(original, FewPictures(folder), output);
        Assert.InRange(new FileInfo(output).Length, 1, new FileInfo(original).Length / 8);
        using var runner = ModelRunner.LoadFile(output);
        Assert.Equal(["logits"], runner.OutputNames);
    }

    [Fact]
    public void The_README_shows_the_example_that_is_tested()
    {
        var example = File.ReadAllText(TestFiles.Repository("tests/Mlorq.PublicApi.Tests/ReadmeExample.cs"));
        Assert.Contains($"```csharp\n{example}```", File.ReadAllText(TestFiles.Repository("README.md")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("compress")]
    [InlineData("inspect")]
    [InlineData("evaluate")]
    [InlineData("bench")]
    [InlineData("demo")]
    public void Command_lines_of_the_README_use_options_that_exist(string command)
    {
        // The README's command lines must not name an option that the help does not know.
        var help = File.ReadAllText(TestFiles.Repository($"tests/Mlorq.Cli.Tests/Help/{command}.txt"));
        var lines = File.ReadAllText(TestFiles.Repository("README.md")).Replace("\\\n", " ", StringComparison.Ordinal).Split('\n');
        foreach (var line in lines.Where(l => l.StartsWith($"mlorq {command} ", StringComparison.Ordinal)))
        {
            foreach (var option in line.Split(' ').Where(w => w.StartsWith('-'))) Assert.Contains(option, help, StringComparison.Ordinal);
        }
    }

    private static string FewPictures(TemporaryFolder folder)
    {
        var pictures = Directory.CreateDirectory(folder.File("pictures")).FullName;
        foreach (var file in Directory.GetFiles(TestFiles.Repository("samples/vit-fashion/calibration")).Order(StringComparer.Ordinal).Take(16))
        {
            File.Copy(file, Path.Combine(pictures, Path.GetFileName(file)));
        }

        return pictures;
    }
}
