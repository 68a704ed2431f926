using System.Runtime.InteropServices;
using Mlorq.Onnx.Execution;
using Mlorq.Onnx.Gradients;
using Mlorq.Onnx.Graphs;
using Mlorq.TestKit;

namespace Mlorq.Onnx.Tests.Gradients;

/// <summary>Compares the backward graph of a small model with central finite differences of every element, both run in ONNX Runtime.</summary>
internal static class GradientCheck
{
    /// <summary>Checks the gradients by all float inputs, or by some, of a random projection of all float outputs.</summary>
    /// <param name="model">A model whose operands are inputs; in double where the kernels exist, else in float.</param>
    /// <param name="inputs">Their values; seeded random ones in −1…1 when null.</param>
    /// <param name="by">The inputs to differentiate by; all of float or double type when null.</param>
    /// <param name="tolerance">‖gradient − differences‖ ≤ tolerance · ‖differences‖; by default 1e-7 in double, 5e-3 in float.</param>
    public static void Agrees(Model model, Dictionary<string, Tensor>? inputs = null, string[]? by = null, double? tolerance = null)
    {
        inputs ??= RandomInputs.For(model);
        by ??= [.. model.Graph.Inputs.Where(i => IsFloat(i.Type)).Select(i => i.Name)];
        var backward = BackwardGraph.Build(model, by, ProjectedTensors.Default(model, by), inputs);
        using var forward = ModelRunner.Load(model);
        using var both = ModelRunner.Load(backward.Model);
        var random = new Random(3);
        var targets = backward.Projections.Keys.ToList();
        var projections = forward.Run(inputs, targets).Select((y, i) => (Name: backward.Projections[targets[i]], Value: Normal(y.Type, y.Count, random))).ToList();
        var fed = new Dictionary<string, Tensor>(inputs);
        foreach (var (name, value) in projections) fed[name] = value;
        foreach (var name in by)
        {
            Assert.True(backward.Gradients.ContainsKey(name), $"There is no gradient by '{name}'.");
            var gradient = both.Run(fed, [backward.Gradients[name]])[0];
            Assert.Equal(inputs[name].Shape, gradient.Shape);
            var expected = Differences(forward, inputs, name, targets, [.. projections.Select(p => Doubles(p.Value))]);
            Assert.Contains(expected, e => e != 0); // Nothing to compare would prove nothing.
            Close.EqualInNorm(expected, Doubles(gradient), tolerance ?? (gradient.Type == ElementType.Double ? 1e-7 : 5e-3));
        }
    }

    /// <summary>A tensor of doubles or floats.</summary>
    public static Tensor Values(ElementType type, IReadOnlyList<double> values, params long[] shape) => type == ElementType.Double
        ? new Tensor(type, shape, MemoryMarshal.AsBytes(values.ToArray().AsSpan()).ToArray())
        : Tensor.Of(values.Select(v => (float)v).ToArray(), shape);

    /// <summary>The elements as doubles.</summary>
    public static double[] Doubles(Tensor tensor) => tensor.Type == ElementType.Double
        ? MemoryMarshal.Cast<byte, double>(tensor.Bytes.Span).ToArray()
        : Array.ConvertAll(tensor.Floats.ToArray(), v => (double)v);

    private static double[] Differences(ModelRunner forward, Dictionary<string, Tensor> inputs, string name, List<string> targets, List<double[]> projections)
    {
        var original = inputs[name];
        var step = original.Type == ElementType.Double ? 1e-5 : 1e-2;
        var values = Doubles(original);
        double At(int element, double change)
        {
            var changed = values.ToArray();
            changed[element] += change;
            var outputs = forward.Run(new Dictionary<string, Tensor>(inputs) { [name] = Values(original.Type, changed, [.. original.Shape]) }, targets);
            return outputs.Select((y, t) => Doubles(y).Select((value, i) => value * projections[t][i]).Sum()).Sum();
        }

        return [.. values.Select((_, i) => (At(i, step) - At(i, -step)) / (2 * step))];
    }

    private static bool IsFloat(ElementType type) => type is ElementType.Float or ElementType.Double;

    private static Tensor Normal(ElementType type, long count, Random random) =>
        Values(type, [.. Enumerable.Range(0, (int)count).Select(_ => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()))], count);
}
