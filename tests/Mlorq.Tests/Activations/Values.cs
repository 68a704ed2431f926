using Mlorq.Activations;

namespace Mlorq.Tests.Activations;

/// <summary>Seeded values, and errors computed in the plainest way.</summary>
internal static class Values
{
    public static float[] Normal(int count, int seed, double scale = 1, bool outliers = false)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(i => (float)(Normal(random) * scale * (outliers && i % 1000 == 0 ? 30 : 1)))];
    }

    /// <summary>Rows of a Softmax, [rows · columns].</summary>
    public static float[] Probabilities(int rows, int columns, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, rows).SelectMany(_ =>
        {
            var exponentials = Enumerable.Range(0, columns).Select(_ => Math.Exp(3 * Normal(random))).ToList();
            return exponentials.Select(e => (float)(e / exponentials.Sum()));
        })];
    }

    public static double MeanSquare(float[] values, ActivationGrid grid) => values.Average(v => Math.Pow((double)v - grid.Rounded(v), 2));

    private static double Normal(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
