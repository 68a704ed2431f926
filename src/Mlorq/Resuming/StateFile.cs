using System.Security.Cryptography;
using System.Text;
using Mlorq.Onnx;

namespace Mlorq.Resuming;

/// <summary>
/// The layout of a file of sections: a mark and the version of the layout, the sections one after another, a directory with the header and each section's name, place
/// and SHA-256, and at the end the directory's own SHA-256 and length. So a file that is cut off or changed is not taken for a whole one, what is damaged has a
/// name, and a section can be used without reading the others.
/// </summary>
internal sealed class StateFile
{
    private const int BufferSize = 1 << 16;

    // The directory's hash and length.
    private const int TailSize = SHA256.HashSizeInBytes + sizeof(long);

    // Names, places, hashes and options: a few kilobytes.
    private const long LargestDirectory = 1 << 26;

    private readonly string _path;
    private readonly StateKind _kind;
    private readonly Dictionary<string, Section> _sections;

    private StateFile(string path, StateKind kind, StateHeader header, Dictionary<string, Section> sections) => (_path, _kind, Header, _sections) = (path, kind, header, sections);

    /// <summary>What the file belongs to.</summary>
    public StateHeader Header { get; }

    /// <summary>The error for a file that is damaged.</summary>
    public MlorqException Damaged(string how, Exception? inner = null) => Damaged(_path, _kind, how, inner);

    /// <summary>Opens a file and checks its directory; sections are checked when they are read.</summary>
    /// <exception cref="MlorqException">It is damaged, or cannot be read; the exception is that of the kind.</exception>
    public static StateFile Open(string path, StateKind kind)
    {
        try
        {
            using var stream = File.OpenRead(path);
            EnsureMark(path, stream, kind, kind.WhenOpened);
            using var reader = new BinaryReader(stream);
            if (reader.ReadInt32() is var layout && layout != kind.Layout) throw Damaged(path, kind, $"its layout is number {layout}, and this version of Mlorq reads number {kind.Layout}");
            using var directory = new BinaryReader(new MemoryStream(Directory(path, stream, kind)));
            return new StateFile(path, kind, StateHeader.Read(directory), ReadSections(directory));
        }
        catch (EndOfStreamException e)
        {
            throw Damaged(path, kind, "it ends too early", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw kind.Error($"The {kind.Name} '{path}' cannot be read: {e.Message.TrimEnd('.')}.", e);
        }
    }

    /// <summary>Refuses to replace a file of another kind.</summary>
    /// <exception cref="MlorqException">There is one.</exception>
    public static void EnsureReplaceable(string path, StateKind kind)
    {
        if (System.IO.Directory.Exists(path)) throw kind.Error($"'{path}' is a folder where {kind.Use}. Move it away.", null);
        if (!File.Exists(path)) return;
        try
        {
            using var stream = File.OpenRead(path);
            EnsureMark(path, stream, kind, $", but {kind.Use} there. Move it away, or delete it.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw kind.Error($"'{path}', where {kind.Use}, cannot be read: {e.Message.TrimEnd('.')}. Move it away.", e);
        }
    }

    /// <summary>Checks all sections.</summary>
    /// <exception cref="MlorqException">One is damaged.</exception>
    public void EnsureWhole()
    {
        foreach (var name in _sections.Keys) Read(name, _ => { });
    }

    /// <summary>Whether there is a section.</summary>
    public bool Has(string name) => _sections.ContainsKey(name);

    /// <summary>Reads a section, if it is there. Its bytes are checked before anything is made of them.</summary>
    public bool Read(string name, Action<BinaryReader> read)
    {
        if (!_sections.TryGetValue(name, out var section)) return false;
        try
        {
            using var stream = File.OpenRead(_path);
            EnsureUnchanged(stream, name, section);
            stream.Position = section.Start;
            using var reader = new BinaryReader(new BufferedStream(stream, BufferSize));
            read(reader);
            return true;
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            throw Damaged($"its part '{name}' cannot be used: {e.Message.TrimEnd('.')}", e);
        }
    }

    /// <summary>Writes a file to a temporary place, and puts it in the place of the old one. Nothing is left in the temporary place, whatever happens.</summary>
    /// <exception cref="OutputException">It cannot be written.</exception>
    public static void Write(string path, string temporaryPath, StateKind kind, StateHeader header, IReadOnlyDictionary<string, Action<BinaryWriter>> sections)
    {
        try
        {
            using (var stream = new FileStream(temporaryPath, FileMode.Create, FileAccess.Write, FileShare.None, BufferSize))
            {
                Write(stream, kind, header, sections);
            }

            File.Move(temporaryPath, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new OutputException($"The {kind.Name} cannot be written to '{path}': {e.Message.TrimEnd('.')}. It needs a writable folder with some space.", e);
        }
        finally
        {
            if (File.Exists(temporaryPath)) File.Delete(temporaryPath);
        }
    }

    private static void Write(FileStream stream, StateKind kind, StateHeader header, IReadOnlyDictionary<string, Action<BinaryWriter>> sections)
    {
        using var writer = new BinaryWriter(stream, Encoding.UTF8, leaveOpen: true);
        writer.Write(Encoding.UTF8.GetBytes(kind.Mark));
        writer.Write(kind.Layout);
        writer.Flush();
        using var directory = new MemoryStream();
        using var entries = new BinaryWriter(directory);
        header.Write(entries);
        entries.Write(sections.Count);
        foreach (var (name, write) in sections)
        {
            var (start, hash) = (stream.Position, WriteSection(stream, write));
            entries.Write(name);
            entries.Write(start);
            entries.Write(stream.Position - start);
            entries.Write(hash);
        }

        entries.Flush();
        writer.Write(directory.ToArray());
        writer.Write(SHA256.HashData(directory.ToArray()));
        writer.Write(directory.Length);
    }

    private static byte[] WriteSection(FileStream stream, Action<BinaryWriter> write)
    {
        using var hash = SHA256.Create();
        using (var hashed = new CryptoStream(stream, hash, CryptoStreamMode.Write, leaveOpen: true))
        using (var writer = new BinaryWriter(new BufferedStream(hashed, BufferSize)))
        {
            write(writer);
        }

        stream.Flush();
        return hash.Hash!;
    }

    private static Dictionary<string, Section> ReadSections(BinaryReader reader) => Enumerable.Range(0, reader.ReadInt32())
        .Select(_ => (Name: reader.ReadString(), Section: new Section(reader.ReadInt64(), reader.ReadInt64(), reader.ReadBytes(SHA256.HashSizeInBytes))))
        .ToDictionary(s => s.Name, s => s.Section);

    private static void EnsureMark(string path, Stream stream, StateKind kind, string advice)
    {
        var mark = new byte[kind.Mark.Length];
        stream.ReadAtLeast(mark, mark.Length, throwOnEndOfStream: false);
        if (!mark.AsSpan().SequenceEqual(Encoding.UTF8.GetBytes(kind.Mark))) throw kind.Error($"'{path}' is no {kind.Name} of Mlorq{advice}", null);
    }

    private static byte[] Directory(string path, FileStream stream, StateKind kind)
    {
        Span<byte> tail = stackalloc byte[TailSize];
        if (stream.Length - stream.Position < TailSize) throw Changed(path, kind, "its contents end too early");
        stream.Position = stream.Length - TailSize;
        stream.ReadExactly(tail);
        var length = BitConverter.ToInt64(tail[SHA256.HashSizeInBytes..]);
        if (length < 0 || length > Math.Min(LargestDirectory, stream.Length - TailSize)) throw Changed(path, kind, "it has no directory at its end");
        var directory = new byte[length];
        stream.Position = stream.Length - TailSize - length;
        stream.ReadExactly(directory);
        return SHA256.HashData(directory).AsSpan().SequenceEqual(tail[..SHA256.HashSizeInBytes]) ? directory : throw Changed(path, kind, "the directory at its end does not have its checksum");
    }

    private void EnsureUnchanged(FileStream stream, string name, Section section)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        stream.Position = section.Start;
        var (left, buffer) = (section.Length, new byte[BufferSize]);
        while (left > 0)
        {
            var count = stream.Read(buffer, 0, (int)Math.Min(left, buffer.Length));
            if (count == 0) throw Changed(_path, _kind, $"its part '{name}' ends too early");
            hash.AppendData(buffer, 0, count);
            left -= count;
        }

        if (!hash.GetHashAndReset().AsSpan().SequenceEqual(section.Hash)) throw Changed(_path, _kind, $"its part '{name}' does not have its checksum");
    }

    private static MlorqException Changed(string path, StateKind kind, string how) => Damaged(path, kind, $"{how}, so that it was cut off or changed");

    private static MlorqException Damaged(string path, StateKind kind, string how, Exception? inner = null) => kind.Error($"The {kind.Name} '{path}' cannot be used: {how}. {kind.Advice}", inner);

    private sealed record Section(long Start, long Length, byte[] Hash);
}
