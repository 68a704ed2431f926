using CsCheck;
using Mlorq.InterLayer;
using Mlorq.TestKit;

namespace Mlorq.Tests.InterLayer;

public class SquareMeanTests
{
    [Fact]
    public void The_standard_error_is_that_of_the_textbook() =>
        Gen.Double[-10, 10].Array[2, 50].Sample(values =>
        {
            var sum = default(SquareMean);
            foreach (var value in values) sum.Add(value);
            var (expected, actual) = (GradientPricing.Textbook(values), sum.Over(values.Length));
            Close.Equal([expected.NoiseToSignal], [actual.NoiseToSignal], 1e-12);
            // A difference of sums of fourth powers.
            Close.Equal([expected.StandardError], [actual.StandardError], 1e-6, 1e-6 * expected.NoiseToSignal);
        });

    [Fact]
    public void Of_one_sample_nothing_is_known_but_its_size()
    {
        var sum = default(SquareMean);
        sum.Add(3);
        Assert.Equal(new Price(9, 9), sum.Over(1));
    }
}
