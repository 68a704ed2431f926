using Mlorq.InterLayer;

namespace Mlorq.Resuming;

/// <summary>How far a stream of gradients is, and its sums. The candidates that it prices are rounded again when a run is resumed.</summary>
internal sealed class StreamRecords
{
    private readonly IReadOnlyList<LayerErrors> _errors;
    private readonly SavedState? _state;
    private readonly string _section;

    /// <summary>Fills in the sums of an interrupted run.</summary>
    /// <param name="errors">The layers.</param>
    /// <param name="state">Where they are kept; null for nowhere.</param>
    /// <param name="section">Their section.</param>
    public StreamRecords(IReadOnlyList<LayerErrors> errors, SavedState? state, string? section)
    {
        (_errors, _state, _section) = (errors, state, section ?? "");
        _state?.Take(_section, r =>
        {
            Done = r.ReadInt32();
            foreach (var layer in _errors) layer.Read(r);
        });
        if (Done > 0) Put();
    }

    /// <summary>The samples that are in the sums.</summary>
    public int Done { get; private set; }

    /// <summary>Keeps the sums after a number of samples.</summary>
    public void Keep(int done)
    {
        Done = done;
        if (_state is null) return;
        Put();
        _state.SaveIfDue();
    }

    private void Put() => _state!.Put(_section, w =>
    {
        w.Write(Done);
        foreach (var layer in _errors) layer.Write(w);
    });
}
