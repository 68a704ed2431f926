namespace Mlorq.Cli;

/// <summary>What must not stay behind, and what must be said, when work does not end by itself and the process is ended without it.</summary>
internal sealed class Leftovers
{
    private readonly Lock _lock = new();
    private readonly List<Action> _ends = [];

    /// <summary>A temporary file or folder of the work; gone when <see cref="IDisposable.Dispose"/> says that it needs no care any more.</summary>
    public IDisposable Path(string path) => Add(() => Delete(path));

    /// <summary>Something to do, before what was added earlier.</summary>
    public IDisposable Add(Action end)
    {
        lock (_lock) _ends.Add(end);
        return new Done(this, end);
    }

    /// <summary>Does all of it.</summary>
    public void End()
    {
        lock (_lock)
        {
            for (var i = _ends.Count - 1; i >= 0; i--) _ends[i]();
            _ends.Clear();
        }
    }

    private static void Delete(string path)
    {
        try
        {
            if (Directory.Exists(path)) Directory.Delete(path, recursive: true);
            else File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The process ends; there is nobody left who could do more.
        }
    }

    private sealed class Done(Leftovers leftovers, Action end) : IDisposable
    {
        public void Dispose()
        {
            lock (leftovers._lock) leftovers._ends.Remove(end);
        }
    }
}
