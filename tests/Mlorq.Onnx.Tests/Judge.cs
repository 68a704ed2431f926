using Mlorq.Onnx.Execution;
using Mlorq.Onnx.Graphs;
using Mlorq.TestKit;

namespace Mlorq.Onnx.Tests;

/// <summary>ONNX Runtime as the judge of whether two models compute the same.</summary>
internal static class Judge
{
    /// <summary>Differences allowed, as a part of the output's largest magnitude: sums in another order.</summary>
    public const double Tolerance = 1e-5;

    /// <summary>Both models, run on the same random inputs, give the same outputs under the same names.</summary>
    public static void SameOutputs(Model expected, Model actual, double tolerance = Tolerance, Dictionary<string, Tensor>? inputs = null)
    {
        GraphCheck.Ensure(actual);
        Assert.Equal(expected.Graph.Inputs.Select(i => i.Name), actual.Graph.Inputs.Select(i => i.Name));
        Assert.Equal(expected.Graph.Outputs.Select(o => o.Name), actual.Graph.Outputs.Select(o => o.Name));
        inputs ??= RandomInputs.For(expected);
        var before = Run(expected, inputs);
        var after = Run(actual, inputs);
        for (var i = 0; i < before.Count; i++)
        {
            Assert.NotEqual(0, before[i].Count); // Nothing to compare would prove nothing.
            Assert.Equal(before[i].Type, after[i].Type);
            Assert.Equal(before[i].Shape, after[i].Shape);
            if (before[i].Type != ElementType.Float) Assert.Equal(before[i].Bytes.ToArray(), after[i].Bytes.ToArray());
            else Close.Equal(before[i].Floats, after[i].Floats, 0, tolerance * Largest(before[i].Floats));
        }
    }

    public static IReadOnlyList<Tensor> Run(Model model, Dictionary<string, Tensor> inputs)
    {
        using var runner = ModelRunner.Load(model);
        return runner.Run(inputs);
    }

    private static float Largest(ReadOnlySpan<float> values)
    {
        var largest = 0f;
        foreach (var value in values) largest = Math.Max(largest, Math.Abs(value));
        return largest;
    }
}
