using Mlorq.Onnx.Graphs;

namespace Mlorq.Onnx.Execution;

/// <summary>
/// Tensors by batch and name that are kept for a while: in memory up to a number of bytes, beyond it in one temporary file, which is gone when the store
/// is disposed. Several threads may use it at once.
/// </summary>
internal sealed class LiveTensors(long memoryLimit, string folder) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(int Batch, string Name), Entry> _entries = [];
    private readonly Dictionary<long, Stack<long>> _freePlaces = [];
    private TemporaryFile? _file;
    private long _inMemory;

    /// <summary>Bytes that the temporary file has grown to; 0 where none was needed.</summary>
    public long SpilledBytes => _file?.Length ?? 0;

    /// <summary>Keeps a tensor.</summary>
    /// <exception cref="TemporaryFileException">The file cannot be written.</exception>
    public void Add(int batch, string name, Tensor tensor)
    {
        var size = (long)tensor.Bytes.Length;
        Entry entry;
        lock (_lock)
        {
            if (_inMemory + size <= memoryLimit)
            {
                _inMemory += size;
                _entries.Add((batch, name), new Entry(tensor.Type, tensor.Shape, size, tensor, 0));
                return;
            }

            _file ??= new TemporaryFile(folder);
            entry = new Entry(tensor.Type, tensor.Shape, size, null, Place(size));
            _entries.Add((batch, name), entry);
        }

        _file.Write(tensor.Bytes.Span, entry.Offset);
    }

    /// <summary>A tensor that is kept.</summary>
    /// <exception cref="KeyNotFoundException">There is none of that name.</exception>
    public Tensor Get(int batch, string name)
    {
        Entry entry;
        lock (_lock) entry = _entries[(batch, name)];
        if (entry.Tensor is { } tensor) return tensor;
        var bytes = new byte[entry.Size];
        _file!.Read(bytes, entry.Offset);
        return new Tensor(entry.Type, entry.Shape, bytes);
    }

    /// <summary>Keeps a tensor no longer.</summary>
    public void Remove(int batch, string name)
    {
        lock (_lock)
        {
            if (!_entries.Remove((batch, name), out var entry)) return;
            if (entry.Tensor is not null) _inMemory -= entry.Size;
            else FreePlaces(entry.Size).Push(entry.Offset);
        }
    }

    public void Dispose()
    {
        _entries.Clear();
        _file?.Dispose();
    }

    // The batches of a model's values have few sizes, so that places fit again exactly.
    private long Place(long size) => FreePlaces(size).TryPop(out var free) ? free : _file!.Reserve(size);

    private Stack<long> FreePlaces(long size)
    {
        if (!_freePlaces.TryGetValue(size, out var places)) _freePlaces.Add(size, places = new Stack<long>());
        return places;
    }

    private sealed record Entry(ElementType Type, IReadOnlyList<long> Shape, long Size, Tensor? Tensor, long Offset);
}
