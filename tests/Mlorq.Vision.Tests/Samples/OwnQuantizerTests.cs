using System.Globalization;
using System.Text.RegularExpressions;

namespace Mlorq.Vision.Tests.Samples;

/// <summary>The sample project with a rounding and a quantizer of one's own.</summary>
public partial class OwnQuantizerTests
{
    [Fact]
    public async Task Parts_of_ones_own_take_the_place_of_those_that_come_with_Mlorq()
    {
        var lines = await SampleProgram.Run("OwnQuantizer");
        Assert.Equal(2, lines.Count);
        var decibels = lines.Select(line => double.Parse(Result().Match(line).Groups[1].Value, CultureInfo.InvariantCulture)).ToList();
        // 26.0 and 25.2 when this was written.
        Assert.All(decibels, snr => Assert.InRange(snr, 20, 40));
        Assert.NotEqual(decibels[0], decibels[1]);
    }

    [GeneratedRegex(@": \d+ bytes, ([\d.]+) dB")]
    private static partial Regex Result();
}
