using Mlorq.Onnx.Graphs;

namespace Mlorq.InterLayer;

/// <summary>
/// Runs a model with one layer's constants swapped. What does not depend on the layer is computed once for a batch, and all of the layer's probes run on
/// it before the next batch, so that memory does not grow with the number of samples.
/// </summary>
internal sealed class ProbeRuns
{
    private readonly SwappableModel _model;
    private readonly CalibrationSet _calibration;
    private readonly IReadOnlyList<IReadOnlyList<Tensor>> _reference;
    private readonly CancellationToken _cancellation;

    private ProbeRuns(SwappableModel model, CalibrationSet calibration, IReadOnlyList<IReadOnlyList<Tensor>> reference, CancellationToken cancellation) =>
        (_model, _calibration, _reference, _cancellation) = (model, calibration, reference, cancellation);

    /// <summary>Computes the outputs that changes are measured against.</summary>
    public static ProbeRuns Prepare(SwappableModel model, CalibrationSet calibration, RunSettings run)
    {
        using var whole = model.Load();
        return new ProbeRuns(model, calibration, model.Reference(whole, calibration, run), run.Cancellation);
    }

    /// <summary>The change of the outputs for each of some values of the constants that a probe swaps.</summary>
    public IReadOnlyList<OutputChange> Changes(Probe probe, IReadOnlyList<IReadOnlyDictionary<string, Tensor>> swapped)
    {
        var changes = new OutputChange[swapped.Count];
        // Many layers leave next to nothing in front of a cut.
        using var cut = probe.Parts.Count == 1 ? _model.LoadCut([.. probe.ConstantNames]) : _model.LoadUncut();
        for (var b = 0; b < _reference.Count; b++)
        {
            _cancellation.ThrowIfCancellationRequested();
            var live = cut.RunHead(_model.Inputs(_calibration.Batches[b]));
            for (var p = 0; p < swapped.Count; p++)
            {
                _cancellation.ThrowIfCancellationRequested();
                var changed = cut.RunTail(live, _model.Inputs(_calibration.Batches[b], swapped[p]));
                changes[p] += OutputChange.Between(_reference[b], Complete(changed, cut.Outputs, _reference[b]));
            }
        }

        return changes;
    }

    // Outputs that do not depend on the layer stay as they are.
    private List<Tensor> Complete(IReadOnlyList<Tensor> changed, IReadOnlyList<string> names, IReadOnlyList<Tensor> reference)
    {
        var all = new List<Tensor>(reference);
        for (var i = 0; i < names.Count; i++) all[_model.Outputs.IndexOf(names[i])] = changed[i];
        return all;
    }
}
