using System.Diagnostics;
using Mlorq.Onnx.Graphs;

namespace Mlorq.Resuming;

/// <summary>
/// What is finished of a running compression, in named sections. Stages put their sections in as they go on, and take those of an interrupted run; a
/// section is a way to write it, so that nothing is copied until the file is written.
/// </summary>
internal sealed class SavedState
{
    // Writing takes a twentieth of the time at most.
    private const int LeastShare = 20;

    private readonly Checkpoint _checkpoint;
    private readonly StateHeader _header;
    private readonly StateFile? _old;
    private readonly SortedDictionary<string, Action<BinaryWriter>> _sections = new(StringComparer.Ordinal);
    private long _written = Stopwatch.GetTimestamp();
    private TimeSpan _pause;

    private SavedState(Checkpoint checkpoint, StateHeader header, StateFile? old) => (_checkpoint, _header, _old, _pause) = (checkpoint, header, old, checkpoint.Interval);

    /// <summary>The run settings with the state of an interrupted run, or with an empty one; unchanged where no state is asked for.</summary>
    /// <exception cref="CheckpointException">The state file is damaged or belongs to another run, or is no state file.</exception>
    public static RunSettings Begin(Model source, CalibrationSet calibration, CompressionOptions options, RunSettings run, string? plan = null)
    {
        if (run.Checkpoint is not { } checkpoint) return run;
        var (header, resumes) = (StateHeader.Of(source, calibration, options).InProgress(run.MemoryLimit, plan), checkpoint.Start == CheckpointStart.Resume);
        StateFile? old = null;
        if (resumes && File.Exists(checkpoint.Path))
        {
            old = StateFile.Open(checkpoint.Path, StateKind.State);
            old.EnsureWhole();
            if (old.Header.Differences(header) is { Count: > 0 } differences)
            {
                throw new CheckpointException(
                    $"The state file '{checkpoint.Path}' belongs to another run: {string.Join("; ", differences)}. Resume with what it was started with, or run without resuming to start from the beginning; that replaces the file.");
            }
        }
        else
        {
            StateFile.EnsureReplaceable(checkpoint.Path, StateKind.State);
        }

        if (resumes) run.Report(CompressionStep.Resume, 1, 1, old is null ? $"there is no state file '{checkpoint.Path}'; starting from the beginning" : $"going on from the state file '{checkpoint.Path}'");
        return run with { State = new SavedState(checkpoint, header, old) };
    }

    /// <summary>Reads a section of the interrupted run; false where it has none.</summary>
    /// <exception cref="CheckpointException">It cannot be read.</exception>
    public bool Take(string section, Action<BinaryReader> read) => _old?.Read(section, read) ?? false;

    /// <summary>Says how a section is written; this happens on the caller's thread, within <see cref="Save"/> and <see cref="SaveIfDue"/>.</summary>
    public void Put(string section, Action<BinaryWriter> write) => _sections[section] = write;

    /// <summary>What an interrupted run has finished, or else computes it; both are kept.</summary>
    /// <param name="state">Where it is kept; null for nowhere.</param>
    /// <param name="section">Its section.</param>
    /// <param name="read">Reads what <paramref name="write"/> wrote.</param>
    /// <param name="write">Writes it.</param>
    /// <param name="compute">Computes it.</param>
    public static T Once<T>(SavedState? state, string section, Func<BinaryReader, T> read, Action<BinaryWriter, T> write, Func<T> compute)
    {
        if (state is null) return compute();
        var result = default(T);
        var isKept = state.Take(section, r => result = read(r));
        if (!isKept) result = compute();
        state.Put(section, w => write(w, result!));
        if (!isKept) state.SaveIfDue();
        return result!;
    }

    /// <summary>Takes out what is not needed any more.</summary>
    public void Drop(params ReadOnlySpan<string> sections)
    {
        foreach (var section in sections) _sections.Remove(section);
    }

    /// <summary>Takes out all sections whose names begin in a way.</summary>
    public void DropAll(string prefix) => Drop([.. _sections.Keys.Where(name => name.StartsWith(prefix, StringComparison.Ordinal))]);

    /// <summary>Writes the file.</summary>
    /// <exception cref="Onnx.OutputException">It cannot be written.</exception>
    public void Save()
    {
        var start = Stopwatch.GetTimestamp();
        StateFile.Write(_checkpoint.Path, _checkpoint.TemporaryPath, StateKind.State, _header, _sections);
        var time = Stopwatch.GetElapsedTime(start);
        _pause = _checkpoint.Interval == TimeSpan.Zero ? TimeSpan.Zero : TimeSpan.FromTicks(Math.Max(_checkpoint.Interval.Ticks, LeastShare * time.Ticks));
        _written = Stopwatch.GetTimestamp();
    }

    /// <summary>Writes the file if the last time is long enough ago.</summary>
    /// <exception cref="Onnx.OutputException">It cannot be written.</exception>
    public void SaveIfDue()
    {
        if (Stopwatch.GetElapsedTime(_written) >= _pause) Save();
    }
}
