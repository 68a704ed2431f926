using Mlorq.Numerics;

namespace Mlorq.Tests.Tuning;

/// <summary>A small squared error Σ mₖ (wₖ − tₖ)² of a matrix, in double precision, and its gradient.</summary>
internal sealed class Quadratic
{
    private readonly double[] _target;
    private readonly double[] _weight;

    public Quadratic(Matrix<float> around, int seed)
    {
        var random = new Random(seed);
        var size = Math.Sqrt(around.Values.Average(v => (double)v * v));
        _target = Array.ConvertAll(around.Values, v => v + (size * 0.5 * Matrices.Normal(random)));
        _weight = Array.ConvertAll(_target, _ => 0.5 + random.NextDouble());
    }

    public double Error(Matrix<float> values) => values.Values.Select((v, k) => _weight[k] * (v - _target[k]) * (v - _target[k])).Sum();

    public Matrix<float> Gradient(Matrix<float> values)
    {
        var result = new Matrix<float>(values.Rows, values.Columns);
        for (var k = 0; k < result.Values.Length; k++) result.Values[k] = (float)(2 * _weight[k] * (values.Values[k] - _target[k]));
        return result;
    }

    /// <summary>The central difference of something for a number that can be moved; exact up to rounding where it is quadratic in it.</summary>
    public static double Difference(Action<float> move, Func<double> error, float step = 1e-2f)
    {
        move(step);
        var above = error();
        move(-2 * step);
        var below = error();
        move(step);
        return (above - below) / (2 * step);
    }

    /// <summary>Within 1 % of the difference, or of a hundredth of a typical one: values are floats.</summary>
    public static void AssertClose(IReadOnlyList<double> expected, IReadOnlyList<double> actual)
    {
        Assert.Equal(expected.Count, actual.Count);
        var size = Math.Sqrt(expected.Average(e => e * e));
        Assert.True(size > 0, "Nothing to compare.");
        for (var i = 0; i < expected.Count; i++) Assert.Equal(expected[i], actual[i], 0.01 * (Math.Abs(expected[i]) + (0.2 * size)));
    }
}
