using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Execution;

/// <summary>
/// Runs a model segment by segment for many batches of inputs: what is alive at the current cut is kept for all of them, in memory or, beyond a number of
/// bytes, in a temporary file; only the nodes between two cuts run. One segment is loaded at a time.
/// </summary>
public sealed class SegmentRunner : IDisposable
{
    private readonly ModelSegments _segments;
    private readonly IReadOnlyList<IReadOnlyDictionary<string, Tensor>> _batches;
    private readonly LiveTensors _live;
    private bool _isBroken;

    /// <summary>Begins in front of the first segment.</summary>
    /// <param name="segments">The model, cut.</param>
    /// <param name="batches">For each batch a tensor for every input of the model.</param>
    /// <param name="memoryLimit">Bytes of live tensors to keep in memory, the batches themselves not counted.</param>
    /// <param name="folder">Where the temporary file is made when it is needed; null for the system's folder for such files.</param>
    public SegmentRunner(ModelSegments segments, IReadOnlyList<IReadOnlyDictionary<string, Tensor>> batches, long memoryLimit = long.MaxValue, string? folder = null)
    {
        (_segments, _batches) = (segments, batches);
        _live = new LiveTensors(memoryLimit, folder ?? Path.GetTempPath());
    }

    /// <summary>The segment that the next step runs; the number of segments at the end.</summary>
    public int Next { get; private set; }

    /// <summary>How often nodes have run, each batch counted; arithmetic with shapes does not count.</summary>
    public long NodeRuns { get; private set; }

    /// <summary>Bytes that the temporary file has grown to; 0 where memory was enough.</summary>
    public long SpilledBytes => _live.SpilledBytes;

    /// <summary>A value that is alive at the current cut: an input of the model, or one that a later segment reads, or an output of the model that is computed.</summary>
    /// <exception cref="KeyNotFoundException">It is not.</exception>
    public Tensor Value(int batch, string name) => _batches[batch].TryGetValue(name, out var fed) ? fed : _live.Get(batch, name);

    /// <summary>Runs the next segment for all batches.</summary>
    /// <param name="weights">The model that was cut, or one with the same graph and other values in its constants.</param>
    /// <param name="forEach">Does a piece of work for each number from 0 to a count, in any order, on several threads if it likes; it must not return or throw while pieces run.</param>
    /// <exception cref="InvalidOperationException">All segments have run, or a step has failed before.</exception>
    /// <exception cref="ModelRunException">ONNX Runtime refuses the segment, or a run fails.</exception>
    /// <exception cref="TemporaryFileException">The temporary file cannot be written.</exception>
    public void Advance(Model weights, Action<int, Action<int>> forEach)
    {
        if (_isBroken) throw new InvalidOperationException("A step has failed before; what is alive at the cut is not known.");
        if (Next == _segments.Segments.Count) throw new InvalidOperationException("All segments have run.");
        var segment = _segments.Segments[Next];
        // Until all batches are done.
        _isBroken = true;
        // Nothing is read of what ends in values that are no tensors.
        if (segment.Outputs.Count > 0) RunAll(segment, weights, forEach);
        _isBroken = false;
        NodeRuns += (long)segment.Nodes.Count * _batches.Count;
        Next++;
    }

    /// <inheritdoc/>
    public void Dispose() => _live.Dispose();

    private void RunAll(Segment segment, Model weights, Action<int, Action<int>> forEach)
    {
        using var runner = ModelRunner.Load(_segments.Build(Next, weights));
        forEach(_batches.Count, batch => Run(runner, segment, batch));
    }

    private void Run(ModelRunner runner, Segment segment, int batch)
    {
        var inputs = segment.Fed.Concat(segment.Live).ToDictionary(name => name, name => Value(batch, name));
        var outputs = runner.Run(inputs, segment.Outputs);
        foreach (var name in segment.Live.Where(name => _segments.LastReaderOf(name) <= Next)) _live.Remove(batch, name);
        for (var i = 0; i < outputs.Count; i++) _live.Add(batch, segment.Outputs[i], outputs[i]);
    }
}
