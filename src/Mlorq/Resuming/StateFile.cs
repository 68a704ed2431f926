using System.Security.Cryptography;
using Mlorq.Onnx;

namespace Mlorq.Resuming;

/// <summary>
/// The layout of a state file: a mark and the version of the layout, the header, sections with their names and lengths, and the SHA-256 of all bytes
/// before it, so that a file that is cut off or changed is not taken for a state.
/// </summary>
internal sealed class StateFile
{
    private const int Layout = 2;

    private static readonly byte[] Mark = "mlorq state\n"u8.ToArray();

    private readonly string _path;
    private readonly Dictionary<string, (long Start, long Length)> _sections;

    private StateFile(string path, StateHeader header, Dictionary<string, (long Start, long Length)> sections) => (_path, Header, _sections) = (path, header, sections);

    /// <summary>What the state belongs to.</summary>
    public StateHeader Header { get; }

    /// <summary>Opens a state file and checks that it is whole.</summary>
    /// <exception cref="CheckpointException">It is not, or cannot be read.</exception>
    public static StateFile Open(string path)
    {
        try
        {
            using var stream = File.OpenRead(path);
            EnsureMark(path, stream);
            using var reader = new BinaryReader(stream);
            if (reader.ReadInt32() is var layout && layout != Layout) throw Damaged(path, $"its layout is number {layout}, and this version of Mlorq reads number {Layout}");
            EnsureWhole(path, stream);
            stream.Position = Mark.Length + sizeof(int);
            return new StateFile(path, StateHeader.Read(reader), ReadSections(reader));
        }
        catch (EndOfStreamException e)
        {
            throw Damaged(path, "it ends too early", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException($"The state file '{path}' cannot be read: {e.Message.TrimEnd('.')}.", e);
        }
    }

    /// <summary>Refuses to replace a file that is no state file.</summary>
    /// <exception cref="CheckpointException">There is one.</exception>
    public static void EnsureReplaceable(string path)
    {
        if (Directory.Exists(path)) throw new CheckpointException($"'{path}' is a folder where the state of the run would be kept. Move it away.");
        if (!File.Exists(path)) return;
        try
        {
            using var stream = File.OpenRead(path);
            EnsureMark(path, stream);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException($"'{path}', where the state of the run would be kept, cannot be read: {e.Message.TrimEnd('.')}. Move it away.", e);
        }
    }

    /// <summary>Reads a section, if it is there.</summary>
    public bool Read(string name, Action<BinaryReader> read)
    {
        if (!_sections.TryGetValue(name, out var section)) return false;
        try
        {
            using var stream = File.OpenRead(_path);
            stream.Position = section.Start;
            using var reader = new BinaryReader(new BufferedStream(stream, 1 << 16));
            read(reader);
            return true;
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            throw Damaged(_path, $"its part '{name}' cannot be used: {e.Message.TrimEnd('.')}", e);
        }
    }

    /// <summary>Writes a state to a temporary file, and puts it in the place of the old one.</summary>
    /// <exception cref="OutputException">It cannot be written.</exception>
    public static void Write(Checkpoint checkpoint, StateHeader header, IReadOnlyDictionary<string, Action<BinaryWriter>> sections)
    {
        try
        {
            using (var stream = new FileStream(checkpoint.TemporaryPath, FileMode.Create, FileAccess.ReadWrite, FileShare.None, 1 << 16))
            {
                using var writer = new BinaryWriter(stream);
                writer.Write(Mark);
                writer.Write(Layout);
                header.Write(writer);
                writer.Write(sections.Count);
                foreach (var (name, write) in sections) WriteSection(writer, name, write);
                writer.Flush();
                stream.Position = 0;
                var hash = SHA256.HashData(stream);
                writer.Write(hash);
            }

            File.Move(checkpoint.TemporaryPath, checkpoint.Path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new OutputException($"The state of the run cannot be written to '{checkpoint.Path}': {e.Message.TrimEnd('.')}. It needs a writable folder with some space.", e);
        }
    }

    private static void WriteSection(BinaryWriter writer, string name, Action<BinaryWriter> write)
    {
        writer.Write(name);
        // The length is known afterwards.
        writer.Write(0L);
        writer.Flush();
        var start = writer.BaseStream.Position;
        write(writer);
        writer.Flush();
        var end = writer.BaseStream.Position;
        writer.BaseStream.Position = start - sizeof(long);
        writer.Write(end - start);
        writer.Flush();
        writer.BaseStream.Position = end;
    }

    private static Dictionary<string, (long Start, long Length)> ReadSections(BinaryReader reader)
    {
        var sections = new Dictionary<string, (long, long)>();
        for (var left = reader.ReadInt32(); left > 0; left--)
        {
            var (name, length) = (reader.ReadString(), reader.ReadInt64());
            sections.Add(name, (reader.BaseStream.Position, length));
            reader.BaseStream.Position += length;
        }

        return sections;
    }

    private static void EnsureMark(string path, Stream stream)
    {
        var mark = new byte[Mark.Length];
        stream.ReadAtLeast(mark, mark.Length, throwOnEndOfStream: false);
        if (!mark.AsSpan().SequenceEqual(Mark)) throw new CheckpointException($"'{path}' is no state file of Mlorq, but the state of the run would be kept there. Move it away, or delete it.");
    }

    private static void EnsureWhole(string path, FileStream stream)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        stream.Position = 0;
        var left = stream.Length - SHA256.HashSizeInBytes;
        var buffer = new byte[1 << 16];
        while (left > 0)
        {
            var count = stream.Read(buffer, 0, (int)Math.Min(left, buffer.Length));
            hash.AppendData(buffer, 0, count);
            left -= count;
        }

        var written = new byte[SHA256.HashSizeInBytes];
        stream.ReadExactly(written);
        if (!hash.GetHashAndReset().AsSpan().SequenceEqual(written)) throw Damaged(path, "its contents do not have the checksum at its end, so that it was cut off or changed");
    }

    private static CheckpointException Damaged(string path, string how, Exception? inner = null) =>
        new($"The state file '{path}' cannot be used: {how}. Run without resuming to start from the beginning; that replaces the file.", inner);
}
