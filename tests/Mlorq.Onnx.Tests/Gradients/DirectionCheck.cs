using Mlorq.Onnx.Execution;
using Mlorq.Onnx.Gradients;
using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Tests.Gradients;

/// <summary>Compares the backward graph of a whole model with differences of forward runs along random directions of its weights.</summary>
internal static class DirectionCheck
{
    /// <summary>|gradient · direction − derivative| ≤ 1e-2 · |derivative|: both sides are computed in floats.</summary>
    private const double Tolerance = 1e-2;

    /// <summary>Checks two directions of all weights at once, and four single weights from the first to the last.</summary>
    /// <param name="model">A model in canonical form.</param>
    /// <param name="weights">Constants to differentiate by; every one must have a gradient.</param>
    /// <param name="targets">The projected tensors.</param>
    /// <param name="inputs">The model's inputs.</param>
    public static void Agrees(Model model, IReadOnlyList<string> weights, IReadOnlyList<string> targets, Dictionary<string, Tensor> inputs)
    {
        var random = new Random(5);
        var backward = BackwardGraph.Build(model, weights, targets, inputs);
        Assert.Equal(weights, backward.Gradients.Keys);
        using var projection = new ProjectionOfWeights(model, weights, targets, inputs, random);
        var fed = new Dictionary<string, Tensor>(inputs);
        foreach (var (target, v) in targets.Zip(projection.Projections)) fed[backward.Projections[target]] = v;
        using var runner = ModelRunner.Load(backward.Model);
        var gradients = weights.Zip(runner.Run(fed, [.. weights.Select(w => backward.Gradients[w])])).ToDictionary(g => g.First, g => g.Second);
        foreach (var changed in Directions(weights))
        {
            var direction = projection.Direction(changed, random);
            var expected = projection.Derivative(direction);
            var actual = direction.Sum(d => Product(gradients[d.Key], d.Value));
            var message = $"{(changed.Count == 1 ? changed[0] : $"{changed.Count} weights")}: {actual:G6} against {expected:G6}, error {Math.Abs((actual - expected) / expected):P3}";
            TestContext.Current.TestOutputHelper!.WriteLine(message);
            Assert.True(Math.Abs(actual - expected) <= Tolerance * Math.Abs(expected), message);
        }
    }

    private static IEnumerable<IReadOnlyList<string>> Directions(IReadOnlyList<string> weights) =>
        new[] { weights, weights }.Concat(Enumerable.Range(0, 4).Select(i => weights[i * (weights.Count - 1) / 3]).Distinct().Select(w => new[] { w }));

    private static double Product(Tensor gradient, float[] direction)
    {
        var values = gradient.Floats;
        Assert.Equal(direction.Length, values.Length);
        var sum = 0.0;
        for (var i = 0; i < values.Length; i++) sum += (double)values[i] * direction[i];
        return sum;
    }
}
