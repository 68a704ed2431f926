using Mlorq.TestKit;

namespace Mlorq.Vision.Tests;

public sealed class LabelFileTests
{
    [Fact]
    public void Labels_are_read_with_quotes_and_any_line_ending()
    {
        using var folder = new TemporaryFolder();
        var file = Write(folder, "\uFEFFfile,label,class name\r\na.png,3,cat\r\n\r\n\"b, c.png\",0,\"a \"\"big\"\" dog, brown\"\n\"d.png\", 7 ,\nsub\\e.png,1\n");
        Assert.Equal(
            [new("a.png", 3, "cat", 2), new("b, c.png", 0, "a \"big\" dog, brown", 4), new("d.png", 7, "", 5), new("sub/e.png", 1, "", 6)],
            LabelFile.Read(file).Lines);
    }

    [Fact]
    public void Wrong_lines_are_named_by_number()
    {
        using var folder = new TemporaryFolder();
        var file = Write(folder, "file,label,class_name\na.png,x,cat\na.png,-1\na.png,1\na.png,2\nb.png\n\"c.png,3\nd\"e.png,4\n,5\n");
        var e = Assert.Throws<LabelFileException>(() => LabelFile.Read(file));
        Assert.Equal(
            $"The label file '{file}' has 7 wrong line(s): line 2: the label 'x' is not a whole number from 0. "
            + "line 3: the label '-1' is not a whole number from 0. line 5: 'a.png' was given on line 4 already. "
            + "line 6: 1 fields; 2 or 3 are needed (a field with a comma must be quoted). "
            + "line 7: a quote is not closed or stands inside a field. … and 2 more.",
            e.Message);
    }

    [Theory]
    [InlineData("", "must begin with the line 'file,label,class_name'")]
    [InlineData("a.png,1,cat\n", "it begins with 'a.png,1,cat'")]
    [InlineData("file,label\n\n", "holds no labels")]
    public void Files_without_header_or_labels_are_refused(string content, string part)
    {
        using var folder = new TemporaryFolder();
        Assert.Contains(part, Assert.Throws<LabelFileException>(() => LabelFile.Read(Write(folder, content))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_file_is_refused() =>
        Assert.Contains("'/nowhere/l.csv' cannot be read", Assert.Throws<LabelFileException>(() => LabelFile.Read("/nowhere/l.csv")).Message, StringComparison.Ordinal);

    [Fact]
    public void Pictures_and_labels_are_paired_in_the_folders_order()
    {
        var labels = new LabelFile("l.csv", [new("c.png", 2, "", 2), new("a.png", 1, "", 3)]);
        var pairs = LabelledImages.Pair(new ImageFolder("dir", ["a.png", "b.png", "c.png"]), labels);
        Assert.Equal(["a.png", "c.png"], pairs.Folder.Files);
        Assert.Equal([1, 2], pairs.Labels);
        Assert.Equal(["b.png"], pairs.Unlabelled);
        pairs.EnsureLabelsBelow(3);
        Assert.Equal(
            "'c.png' has the label 2, but the model has 2 classes (0 to 1).",
            Assert.Throws<LabelFileException>(() => pairs.EnsureLabelsBelow(2)).Message);
    }

    [Fact]
    public void A_label_without_picture_is_refused_with_its_line()
    {
        var labels = new LabelFile("l.csv", [new("a.png", 2, "", 2), new("z.png", 1, "", 3)]);
        var e = Assert.Throws<LabelFileException>(() => LabelledImages.Pair(new ImageFolder("dir", ["a.png"]), labels));
        Assert.Equal("The label file 'l.csv' has 1 wrong line(s): line 3: 'z.png' is not in the folder 'dir'.", e.Message);
    }

    [Fact]
    public void The_samples_labels_fit_its_pictures()
    {
        foreach (var (set, count) in new[] { ("calibration", 256), ("test", 1000) })
        {
            var folder = TestFiles.Repository($"samples/vit-fashion/{set}");
            var pairs = LabelledImages.Pair(ImageFolder.Read(folder), LabelFile.Read(folder + ".csv"));
            Assert.Equal(count, pairs.Labels.Count);
            Assert.Empty(pairs.Unlabelled);
            pairs.EnsureLabelsBelow(10);
        }
    }

    private static string Write(TemporaryFolder folder, string content)
    {
        File.WriteAllText(folder.File("labels.csv"), content);
        return folder.File("labels.csv");
    }
}
