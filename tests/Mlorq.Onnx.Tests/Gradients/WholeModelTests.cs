using Mlorq.Onnx.Execution;
using Mlorq.Onnx.Gradients;
using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Passes;

namespace Mlorq.Onnx.Tests.Gradients;

/// <summary>Backward graphs of real models against differences of forward runs along random directions of the weights.</summary>
public class WholeModelTests
{
    /// <summary>|gradient · direction − derivative| ≤ 1e-2 · |derivative|: both sides are computed in floats.</summary>
    private const double Tolerance = 1e-2;

    [Theory]
    [InlineData("samples/vit-fashion/model.onnx", 2)]
    [InlineData("models/deit_tiny_patch16_224.onnx", 1)]
    [InlineData("models/structures/swin_random_op13.onnx", 2)] // The file has a fixed batch of 2.
    [InlineData("models/structures/swin_random_op17.onnx", 1)]
    [InlineData("models/structures/swin_random_op17.onnx", 3)]
    [InlineData("models/structures/text_encoder_random_op14.onnx", 1)]
    [InlineData("models/structures/text_encoder_random_op14.onnx", 3)]
    public void Gradients_agree_with_differences_along_random_directions(string file, int batch)
    {
        var model = Canonicalize.Apply(OnnxReader.Read(SampleModels.PathOf(file)));
        var weights = Matrices(model);
        Agrees(model, weights, ProjectedTensors.Default(model, weights), Inputs(model, batch));
    }

    private static void Agrees(Model model, IReadOnlyList<string> weights, IReadOnlyList<string> targets, Dictionary<string, Tensor> inputs)
    {
        var random = new Random(5);
        var backward = BackwardGraph.Build(model, weights, targets, inputs);
        var reached = weights.Where(backward.Gradients.ContainsKey).ToList();
        using var projection = new ProjectionOfWeights(model, reached, targets, inputs, random);
        var fed = new Dictionary<string, Tensor>(inputs);
        foreach (var (target, v) in targets.Zip(projection.Projections)) fed[backward.Projections[target]] = v;
        using var runner = ModelRunner.Load(backward.Model);
        var gradients = reached.Zip(runner.Run(fed, [.. reached.Select(w => backward.Gradients[w])])).ToDictionary(g => g.First, g => g.Second);
        foreach (var changed in Directions(reached))
        {
            var direction = projection.Direction(changed, random);
            var expected = projection.Derivative(direction);
            var actual = direction.Sum(d => Product(gradients[d.Key], d.Value));
            TestContext.Current.TestOutputHelper!.WriteLine($"{(changed.Count == 1 ? changed[0] : $"{changed.Count} weights")}: {actual:G6} against {expected:G6}, error {(actual - expected) / expected:P3}");
            Assert.True(Math.Abs(actual - expected) <= Tolerance * Math.Abs(expected), $"{string.Join(", ", changed)}: {actual:G6} against {expected:G6}.");
        }
    }

    // All at once, twice, and single ones from the first to the last.
    private static IEnumerable<IReadOnlyList<string>> Directions(List<string> weights) =>
        new[] { weights, weights }.Concat(Enumerable.Range(0, 4).Select(i => weights[i * (weights.Count - 1) / 3]).Select(w => new List<string> { w }));

    private static double Product(Tensor gradient, float[] direction)
    {
        var values = gradient.Floats;
        Assert.Equal(direction.Length, values.Length);
        var sum = 0.0;
        for (var i = 0; i < values.Length; i++) sum += (double)values[i] * direction[i];
        return sum;
    }

    private static List<string> Matrices(Model model) => [.. model.Graph.InitializerNames
        .Where(n => model.Graph.InitializerSpec(n) is { Type: ElementType.Float, Shape.Count: >= 2 })];

    // Pictures of noise; texts of different lengths, padded and masked.
    private static Dictionary<string, Tensor> Inputs(Model model, int batch)
    {
        var inputs = RandomInputs.For(model, batch);
        if (!inputs.ContainsKey("attention_mask")) return inputs;
        const int Length = 9;
        var random = new Random(2);
        inputs["input_ids"] = Tensor.Of([.. Enumerable.Range(0, batch * Length).Select(_ => (long)random.Next(100))], batch, Length);
        inputs["attention_mask"] = Tensor.Of([.. Enumerable.Range(0, batch * Length).Select(i => i % Length < Length - (3 * (i / Length)) ? 1L : 0L)], batch, Length);
        return inputs;
    }
}
