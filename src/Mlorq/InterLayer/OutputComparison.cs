using Mlorq.Onnx;
using Mlorq.Onnx.Execution;
using Mlorq.Onnx.Graphs;

namespace Mlorq.InterLayer;

/// <summary>Runs two models on the same inputs and compares their float outputs.</summary>
public static class OutputComparison
{
    /// <summary>The change from one model to the other.</summary>
    public static OutputChange Between(Model reference, Model changed, CalibrationSet inputs, RunSettings run)
    {
        using var first = ModelRunner.Load(reference);
        using var second = ModelRunner.Load(changed);
        return Between(reference, first, second, inputs, run);
    }

    /// <summary>The change from one loaded model to the other.</summary>
    public static OutputChange Between(Model outputsOf, ModelRunner reference, ModelRunner changed, CalibrationSet inputs, RunSettings run) =>
        ByInput(outputsOf, reference, changed, inputs, run).Aggregate(default(OutputChange), (sum, change) => sum + change);

    /// <summary>The same for each batch of inputs.</summary>
    internal static IReadOnlyList<OutputChange> ByInput(Model outputsOf, ModelRunner reference, ModelRunner changed, CalibrationSet inputs, RunSettings run)
    {
        var outputs = FloatOutputs(outputsOf);
        var changes = new List<OutputChange>();
        OrderedWork.Run(
            inputs.Batches.Count,
            run,
            b => OutputChange.Between(reference.Run(inputs.Batches[b], outputs), changed.Run(inputs.Batches[b], outputs)),
            (_, change) => changes.Add(change));
        return changes;
    }

    /// <summary>The outputs that a change is measured on.</summary>
    /// <exception cref="InvalidModelException">There are none.</exception>
    internal static List<string> FloatOutputs(Model model)
    {
        var outputs = model.Graph.Outputs.Where(o => o.Type is ElementType.Float or ElementType.Float16).Select(o => o.Name).ToList();
        if (outputs.Count == 0) throw new InvalidModelException("The model has no float output, so the effect of a weight error cannot be measured. Export it with its scores or logits as an output.");
        return outputs;
    }
}
