using CsCheck;

namespace Mlorq.Vision.Tests;

public sealed class MetricsTests
{
    private const float NaN = float.NaN;

    [Fact]
    public void Top_1_and_top_5_are_counted()
    {
        float[] logits =
        [
            9, 1, 2, 3, 4, 5, 6, // label 0: first
            9, 1, 2, 3, 4, 5, 6, // label 3: fifth
            9, 1, 2, 3, 4, 5, 6, // label 2: sixth
        ];
        Assert.Equal(new Accuracy(3, 1, 2), Accuracy.Of(logits, [0, 3, 2]));
        Assert.Equal(1 / 3.0, Accuracy.Of(logits, [0, 3, 2]).Top1);
        Assert.Equal(new Accuracy(5, 2, 4), new Accuracy(3, 1, 2) + new Accuracy(2, 1, 2));
        Assert.Equal(0, default(Accuracy).Top1);
    }

    [Fact]
    public void Of_equal_logits_the_lower_class_comes_first()
    {
        Assert.Equal(1, Accuracy.Of([5, 5, 5], [0]).Top1Correct);
        Assert.Equal(0, Accuracy.Of([5, 5, 5], [1]).Top1Correct);
        Assert.Equal(1, Accuracy.Of([0, 0, 0, 0, 0, 0], [4]).Top5Correct);
        Assert.Equal(0, Accuracy.Of([0, 0, 0, 0, 0, 0], [5]).Top5Correct);
    }

    [Theory]
    [InlineData(NaN, 1f)]
    [InlineData(1f, NaN)]
    [InlineData(NaN, NaN)]
    public void NaN_is_never_correct_and_never_agrees(float a, float b)
    {
        Assert.Equal(new Accuracy(2, 0, 0), Accuracy.Of([a, b, a, b], [0, 1]));
        Assert.Equal(0, Agreement.Of([a, b], [a, b], 1));
        Assert.Equal(0, Agreement.Of([2, 1], [a, b], 1));
        Assert.Equal(0, Agreement.Of([a, b], [2, 1], 1));
    }

    [Fact]
    public void The_rank_is_that_of_a_stable_sort() => Gen.Select(Gen.Int[0, 3].Array[6, 12], Gen.Int[0, 5]).Sample((values, label) =>
    {
        var order = values.Select((v, c) => (v, c)).OrderByDescending(p => p.v).Select(p => p.c).ToList();
        var logits = values.Select(v => (float)v).ToArray();
        Assert.Equal(new Accuracy(1, order[0] == label ? 1 : 0, order.IndexOf(label) < 5 ? 1 : 0), Accuracy.Of(logits, [label]));
    });

    [Fact]
    public void Agreement_is_the_share_of_equal_first_answers()
    {
        Assert.Equal(0.5, Agreement.Of([1, 2, 3, 4], [0, 9, 9, 0], 2));
        Assert.Equal(1, Agreement.Of([1, 1, 3, 4], [7, 7, -4, -3], 2)); // ties go to the lower class on both sides
    }

    [Fact]
    public void Lengths_and_labels_that_do_not_fit_are_programming_errors()
    {
        Assert.Throws<ArgumentException>(() => Accuracy.Of([1, 2, 3], [0, 1]));
        Assert.Throws<ArgumentException>(() => Accuracy.Of([1, 2], [2]));
        Assert.Throws<ArgumentException>(() => Accuracy.Of([1, 2], [-1]));
        Assert.Throws<ArgumentException>(() => Accuracy.Of([], [0]));
        Assert.Throws<ArgumentException>(() => Agreement.Of([1, 2], [1], 1));
        Assert.Throws<ArgumentException>(() => SignalToNoise.InDecibels([1, 2], [1]));
        Assert.Throws<ArgumentException>(() => SignalToNoise.InDecibels([], []));
    }

    [Fact]
    public void Signal_to_noise_is_in_decibels_and_never_NaN()
    {
        Assert.Equal(20, SignalToNoise.InDecibels([10, 0], [10, 1]), 12);
        Assert.Equal(0, SignalToNoise.InDecibels([3, 4], [0, 0]), 12);
        Assert.Equal(double.PositiveInfinity, SignalToNoise.InDecibels([3, 4], [3, 4]));
        Assert.Equal(double.NegativeInfinity, SignalToNoise.InDecibels([0, 0], [0, 1]));
        Assert.Equal(double.NegativeInfinity, SignalToNoise.InDecibels([3, 4], [3, NaN]));
        Assert.Equal(double.NegativeInfinity, SignalToNoise.InDecibels([NaN, 4], [3, 4]));
        Assert.Equal(double.NegativeInfinity, SignalToNoise.InDecibels([3, float.PositiveInfinity], [3, float.PositiveInfinity]));
        Assert.Equal(10 * Math.Log10(1.0 / 4e-40 * 1e-40 * 4), SignalToNoise.InDecibels([1e-20f], [2e-20f]), 5); // no underflow: double
    }

    [Fact]
    public void Vectors_are_compared_by_their_angle_and_their_largest_element()
    {
        var both = VectorComparison.Of([1, 0, 3, 4], [0, 2, 3, 4], 2);
        Assert.Equal((2, 0.5, 0, 0.5), (both.Vectors, both.MeanCosine, both.LeastCosine, both.Agreement));
        Assert.Equal(-1, VectorComparison.Of([1, 2], [-2, -4], 2).LeastCosine, 12);
        Assert.Equal(24.0 / 25, VectorComparison.Of([3, 4], [4, 3], 2).MeanCosine, 12);
        Assert.Equal((1, 1), (VectorComparison.Of([0, 0], [0, 0], 2).MeanCosine, VectorComparison.Of([], [], 2).MeanCosine));
        Assert.Equal(0, VectorComparison.Of([0, 0], [0, 1], 2).MeanCosine);
    }

    [Fact]
    public void Vectors_that_are_not_finite_are_unlike_all_others_but_for_equal_masks()
    {
        Assert.Equal((-1, 0), (VectorComparison.Of([1, NaN], [1, NaN], 2).MeanCosine, VectorComparison.Of([1, NaN], [1, NaN], 2).SameLargest));
        Assert.Equal(-1, VectorComparison.Of([1, 2], [1, float.PositiveInfinity], 2).MeanCosine);
        Assert.Equal(1, VectorComparison.Of([1, 2, float.NegativeInfinity], [2, 4, float.NegativeInfinity], 3).MeanCosine, 12);
        Assert.Throws<ArgumentException>(() => VectorComparison.Of([1, 2, 3], [1, 2, 3], 2));
        Assert.Throws<ArgumentException>(() => VectorComparison.Of([1, 2], [1, 2, 3, 4], 2));
    }
}
