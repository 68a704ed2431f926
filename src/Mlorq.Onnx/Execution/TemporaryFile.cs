using Microsoft.Win32.SafeHandles;

namespace Mlorq.Onnx.Execution;

/// <summary>Bytes by their place in a file without a name, which goes with the process, however that ends. Several threads may use it at once.</summary>
public sealed class TemporaryFile : IDisposable
{
    private readonly string _folder;
    private readonly SafeFileHandle _handle;
    private long _length;

    /// <summary>Creates one.</summary>
    /// <exception cref="TemporaryFileException">The folder takes no files.</exception>
    public TemporaryFile(string folder)
    {
        try
        {
            var path = Path.Combine(folder, $"mlorq-{Path.GetRandomFileName()}.tensors");
            _handle = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, FileOptions.DeleteOnClose);
            // Windows deletes it when the last handle is closed, whoever closes it.
            if (!OperatingSystem.IsWindows()) File.Delete(path);
            _folder = folder;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new TemporaryFileException(folder, 0, e);
        }
    }

    /// <summary>Bytes that it has grown to.</summary>
    public long Length => Interlocked.Read(ref _length);

    /// <summary>A place at the end for some bytes.</summary>
    public long Reserve(long bytes) => Interlocked.Add(ref _length, bytes) - bytes;

    /// <summary>Writes bytes to their place.</summary>
    /// <exception cref="TemporaryFileException">There is no room.</exception>
    public void Write(ReadOnlySpan<byte> bytes, long place)
    {
        try
        {
            RandomAccess.Write(_handle, bytes, place);
        }
        catch (IOException e)
        {
            throw new TemporaryFileException(_folder, Length, e);
        }
    }

    /// <summary>Reads bytes that were written.</summary>
    /// <exception cref="TemporaryFileException">They are not there.</exception>
    public void Read(Span<byte> bytes, long place)
    {
        for (var read = 0; read < bytes.Length;)
        {
            var count = RandomAccess.Read(_handle, bytes[read..], place + read);
            if (count == 0) throw new TemporaryFileException(_folder, Length, new EndOfStreamException("it is shorter than what was written"));
            read += count;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _handle.Dispose();
}
