using Mlorq.Onnx.Execution;
using Mlorq.Onnx.Gradients;
using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Tests.Gradients;

/// <summary>Compares the backward graph of a whole model with differences of forward runs along random directions of its weights.</summary>
internal static class DirectionCheck
{
    /// <summary>|gradient · direction − derivative| ≤ 1e-2 · |derivative|: both sides are computed in floats.</summary>
    private const double Tolerance = 1e-2;

    /// <summary>Checks two directions of all weights at once, and of four single weights: from each quarter the one that matters most, for the others drown in rounding.</summary>
    /// <param name="model">A model in canonical form.</param>
    /// <param name="weights">Constants to differentiate by; every one must have a gradient.</param>
    /// <param name="targets">The projected tensors.</param>
    /// <param name="inputs">The model's inputs.</param>
    /// <param name="towards">How far the directions lean towards the gradient. Where a model has kinks (Relu) differences along a purely random direction
    /// converge with the square root of the step only: the share of units that pass their kink on the way, with random signs.</param>
    public static void Agrees(Model model, IReadOnlyList<string> weights, IReadOnlyList<string> targets, Dictionary<string, Tensor> inputs, double towards = 0)
    {
        var random = new Random(5);
        var backward = BackwardGraph.Build(model, weights, targets, inputs);
        Assert.Equal(weights, backward.Gradients.Keys);
        using var projection = new ProjectionOfWeights(model, weights, targets, inputs, random);
        var fed = new Dictionary<string, Tensor>(inputs);
        foreach (var (target, v) in targets.Zip(projection.Projections)) fed[backward.Projections[target]] = v;
        using var runner = ModelRunner.Load(backward.Model);
        var gradients = weights.Zip(runner.Run(fed, [.. weights.Select(w => backward.Gradients[w])])).ToDictionary(g => g.First, g => g.Second);
        var single = weights.Chunk((weights.Count + 3) / 4).Select(part => part.MaxBy(w => projection.Effect(w, gradients[w]))!);
        foreach (var changed in new[] { weights, weights }.Concat(single.Select(w => new[] { w })))
        {
            var direction = projection.Direction(changed, gradients, towards, random);
            var expected = projection.Derivative(direction, towards == 0 ? 0.04 : 0.04 / towards);
            var actual = direction.Sum(d => Product(gradients[d.Key], d.Value));
            var message = $"{(changed.Count == 1 ? changed[0] : $"{changed.Count} weights")}: {actual:G6} against {expected:G6}, error {Math.Abs((actual - expected) / expected):P3}";
            TestContext.Current.TestOutputHelper!.WriteLine(message);
            Assert.True(Math.Abs(actual - expected) <= Tolerance * Math.Abs(expected), message);
        }
    }

    private static double Product(Tensor gradient, float[] direction)
    {
        var values = gradient.Floats;
        Assert.Equal(direction.Length, values.Length);
        var sum = 0.0;
        for (var i = 0; i < values.Length; i++) sum += (double)values[i] * direction[i];
        return sum;
    }
}
