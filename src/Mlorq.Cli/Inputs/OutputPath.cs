using Mlorq.Onnx;

namespace Mlorq.Cli.Inputs;

/// <summary>Looks at the place for a result before long work is done for it.</summary>
internal static class OutputPath
{
    // More links than this lead in a circle.
    private const int MostLinks = 40;

    /// <summary>Refuses a path that cannot be written to, or that is one of the files read.</summary>
    /// <exception cref="OutputException">It is not usable.</exception>
    public static void EnsureUsable(string output, IEnumerable<string> filesRead)
    {
        var target = Real(output);
        foreach (var file in filesRead.Where(file => Real(file) == target))
        {
            throw new OutputException($"The output '{output}' is the same file as the input '{file}'. Name another file; inputs are never overwritten.");
        }

        OnnxWriter.EnsureWritable(output);
    }

    /// <summary>The full path without symbolic links, those of folders on the way included.</summary>
    internal static string Real(string path)
    {
        var real = Path.GetFullPath(path);
        for (var links = 0; links < MostLinks && FollowFirstLink(real) is { } followed; links++) real = followed;
        return real;
    }

    private static string? FollowFirstLink(string path)
    {
        for (var (part, rest) = (path, ""); ; (part, rest) = (Path.GetDirectoryName(part)!, Path.Combine(Path.GetFileName(part), rest)))
        {
            if (Path.GetDirectoryName(part) is null) return null;
            var link = new FileInfo(part).LinkTarget;
            if (link is not null) return Path.GetFullPath(Path.Combine(Path.GetDirectoryName(part)!, link, rest)).TrimEnd(Path.DirectorySeparatorChar);
        }
    }
}
