using Mlorq.TestKit;

namespace Mlorq.Vision.Tests;

public sealed class ImageNetPipelineTests
{
    [Fact]
    public void Real_pictures_come_out_as_from_PIL()
    {
        var folder = TestFiles.Shared("data/imagenet/calibration");
        var preprocessing = Preprocessing.ForInput(224, 224, 3);
        var cases = Fixtures.Read("imagenet.tsv");
        Assert.Equal(20, cases.Count);
        Assert.All(cases, e => Assert.Null(e.Difference(preprocessing.ToPixels(PictureDecoder.Decode(Path.Combine(folder, e.Name))))));
    }
}
