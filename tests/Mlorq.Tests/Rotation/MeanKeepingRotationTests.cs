using Mlorq.Numerics;
using Mlorq.Rotation;

namespace Mlorq.Tests.Rotation;

public class MeanKeepingRotationTests
{
    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(96)]
    public void Is_orthogonal_and_keeps_the_mean(int width)
    {
        var rotation = MeanKeepingRotation.Of(width, 5);
        var square = MatrixProduct.MultiplyTransposed(rotation, rotation);
        for (var i = 0; i < width; i++)
        {
            Assert.Equal(1, Enumerable.Range(0, width).Sum(j => rotation[i, j]), 12);
            for (var j = 0; j < width; j++) Assert.Equal(i == j ? 1 : 0, square[i, j], 12);
        }
    }

    [Fact]
    public void Mixes_all_channels_and_depends_on_the_seed()
    {
        var rotation = MeanKeepingRotation.Of(96, 5);
        // An element of a random one has a deviation of 1/√96, a tenth.
        Assert.True(rotation.Values.Max(Math.Abs) < 0.6);
        Assert.Equal(rotation.Values, MeanKeepingRotation.Of(96, 5).Values);
        Assert.NotEqual(rotation.Values, MeanKeepingRotation.Of(96, 6).Values);
    }
}
