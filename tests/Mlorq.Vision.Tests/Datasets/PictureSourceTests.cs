using Mlorq.TestKit;

namespace Mlorq.Vision.Tests;

public sealed class PictureSourceTests
{
    private static readonly Preprocessing Grey = Preprocessing.ForInput(28, 28, 1);

    [Fact]
    public void A_folder_is_listed_with_its_subfolders_in_ordinal_order()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.File("b"));
        foreach (var name in new[] { "z.png", "B.JPG", "a.jpeg", "b/c.webp", "b/c.txt", "labels.csv" }) File.WriteAllText(folder.File(name), "x");
        var images = ImageFolder.Read(folder.Path);
        Assert.Equal(["B.JPG", "a.jpeg", "b/c.webp", "z.png"], images.Files);
        Assert.True(File.Exists(images.PathOf("b/c.webp")));
    }

    [Fact]
    public void Folders_without_pictures_are_refused()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("a.txt"), "x");
        Assert.Equal(
            $"The folder '{folder.Path}' and its subfolders hold no picture (.png, .jpg, .jpeg, .webp).",
            Assert.Throws<ImageFolderException>(() => ImageFolder.Read(folder.Path)).Message);
        Assert.Contains("does not exist", Assert.Throws<ImageFolderException>(() => ImageFolder.Read(folder.File("none"))).Message, StringComparison.Ordinal);
        Assert.Contains("is a file", Assert.Throws<ImageFolderException>(() => ImageFolder.Read(folder.File("a.txt"))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    public void The_order_and_the_values_do_not_depend_on_the_threads(int threads)
    {
        var source = new PictureSource(ImageFolder.Read(TestFiles.Repository("samples/vit-fashion/calibration")), Grey);
        var expected = source.Folder.Files.Select(f => Grey.Apply(PictureDecoder.Decode(source.Folder.PathOf(f)))).ToList();
        Assert.Equal(expected, source.Read(threads, TestContext.Current.CancellationToken));
    }

    [Fact]
    public void Batches_hold_all_pictures_one_after_the_other()
    {
        var source = new PictureSource(ImageFolder.Read(TestFiles.Repository("samples/vit-fashion/calibration")), Grey);
        var batches = source.ReadBatches(100, 2, TestContext.Current.CancellationToken).ToList();
        Assert.Equal([100, 100, 56], batches.Select(b => b.Files.Count));
        Assert.Equal(source.Folder.Files, batches.SelectMany(b => b.Files));
        Assert.Equal(source.Read(2, TestContext.Current.CancellationToken).SelectMany(v => v), batches.SelectMany(b => b.Values));
        Assert.All(batches, b => Assert.Equal(new PictureSize(28, 28), b.Size));
    }

    [Fact]
    public void The_first_unreadable_picture_in_order_is_reported()
    {
        using var folder = new TemporaryFolder();
        foreach (var name in new[] { "a.png", "d.png" }) File.Copy(Fixtures.PathOf("grey.png"), folder.File(name));
        foreach (var name in new[] { "b.png", "c.png" }) File.WriteAllText(folder.File(name), "broken");
        var read = new List<float[]>();
        var e = Assert.Throws<PictureException>(() =>
        {
            foreach (var values in new PictureSource(ImageFolder.Read(folder.Path), Grey).Read(4, TestContext.Current.CancellationToken)) read.Add(values);
        });
        Assert.Equal(folder.File("b.png"), e.File);
        Assert.Single(read);
    }

    [Fact]
    public void Pictures_of_different_sizes_do_not_make_a_batch()
    {
        var source = new PictureSource(new ImageFolder(Path.GetDirectoryName(Fixtures.PathOf("x"))!, ["grey.png", "grey.jpg"]), Grey with { Resize = null });
        var e = Assert.Throws<PreprocessingException>(() => source.ReadBatches(2, 1, TestContext.Current.CancellationToken).ToList());
        Assert.StartsWith("'grey.png' is prepared to 97x61 pixels and 'grey.jpg' to 203x155; a batch needs one size.", e.Message, StringComparison.Ordinal);
        Assert.Equal(2, source.ReadBatches(1, 1, TestContext.Current.CancellationToken).Count());
    }

    [Fact]
    public void Reading_can_be_cancelled()
    {
        using var cancel = new CancellationTokenSource();
        var source = new PictureSource(ImageFolder.Read(TestFiles.Repository("samples/vit-fashion/calibration")), Grey);
        var count = 0;
        Assert.ThrowsAny<OperationCanceledException>(() =>
        {
            foreach (var _ in source.Read(2, cancel.Token))
            {
                if (++count == 3) cancel.Cancel();
            }
        });
        Assert.Equal(3, count);
    }
}
