using Mlorq.Onnx.Execution;
using Mlorq.Onnx.Gradients;
using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Tests.Gradients.Rules;

/// <summary>The gradient of the sum of a model's outputs at a chosen point, for points where differences do not exist or are known beforehand.</summary>
internal static class GradientAt
{
    /// <summary>By one input, of which the values are given; the model has no others.</summary>
    public static double[] Point(Model model, string input, IReadOnlyList<double> values)
    {
        var info = model.Graph.Inputs.Single(i => i.Name == input);
        var fed = new Dictionary<string, Tensor> { [input] = GradientCheck.Values(info.Type, values, [.. info.Shape!.Select(d => d!.Value)]) };
        var backward = BackwardGraph.Build(model, [input], ProjectedTensors.Default(model, [input]), fed);
        foreach (var projection in backward.Projections.Values) fed[projection] = GradientCheck.Values(info.Type, [.. Enumerable.Repeat(1.0, 1000)], 1000);
        using var runner = ModelRunner.Load(backward.Model);
        return GradientCheck.Doubles(runner.Run(fed, [backward.Gradients[input]])[0]);
    }
}
