using Mlorq.Onnx.Execution;
using Mlorq.TestKit;
using Mlorq.Vision;

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
        AssertClassifies(output);
    }

    [Fact]
    public void The_README_shows_the_example_that_is_tested()
    {
        var example = File.ReadAllText(TestFiles.Repository("tests/Mlorq.PublicApi.Tests/ReadmeExample.cs"));
        Assert.Contains($"```csharp\n{example}```", File.ReadAllText(TestFiles.Repository("README.md")), StringComparison.Ordinal);
    }

    [Fact]
    public void The_page_on_deploying_shows_the_example_that_is_tested()
    {
        var example = File.ReadAllText(TestFiles.Repository("tests/Mlorq.PublicApi.Tests/DeployingExample.cs"));
        Assert.Contains($"```csharp\n{example}```", File.ReadAllText(TestFiles.Repository("docs/deploying.md")), StringComparison.Ordinal);
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

    // The compressed file in the page's own program, on pictures with labels.
    private static void AssertClassifies(string model)
    {
        var preprocessing = Preprocessing.Load(TestFiles.Repository("samples/vit-fashion/preprocessing.json"));
        using var classifier = new MyApp.Classifier(model);
        var lines = LabelFile.Read(TestFiles.Repository("samples/vit-fashion/test.csv")).Lines.Take(100).ToList();
        var right = lines.Count(l => classifier.Classify(preprocessing.Apply(PictureDecoder.Decode(TestFiles.Repository($"samples/vit-fashion/test/{l.File}")))) == l.Label);
        Assert.InRange(right, 75, 100);
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
