namespace Mlorq.Vision;

/// <summary>The pictures of a folder and its subfolders, in ordinal order of their relative paths.</summary>
/// <param name="Root">The folder as given.</param>
/// <param name="Files">Paths relative to <paramref name="Root"/>, with '/' on every system.</param>
public sealed record ImageFolder(string Root, IReadOnlyList<string> Files)
{
    private static readonly string[] Extensions = [".png", ".jpg", ".jpeg", ".webp"];

    /// <summary>Lists the .png, .jpg, .jpeg and .webp files of a folder; their content is not looked at.</summary>
    /// <exception cref="ImageFolderException">The folder is missing, cannot be listed, or holds no picture.</exception>
    public static ImageFolder Read(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        if (File.Exists(folder)) throw new ImageFolderException($"'{folder}' is a file; a folder of pictures is needed.");
        if (!Directory.Exists(folder)) throw new ImageFolderException($"The picture folder '{folder}' does not exist.");
        List<string> files;
        try
        {
            files = [.. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
                .Where(f => Extensions.Contains(Path.GetExtension(f), StringComparer.OrdinalIgnoreCase))
                .Select(f => Path.GetRelativePath(folder, f).Replace(Path.DirectorySeparatorChar, '/'))];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ImageFolderException($"The picture folder '{folder}' cannot be listed: {e.Message}", e);
        }

        if (files.Count == 0)
            throw new ImageFolderException($"The folder '{folder}' and its subfolders hold no picture ({string.Join(", ", Extensions)}).");
        files.Sort(StringComparer.Ordinal);
        return new ImageFolder(folder, files);
    }

    /// <summary>Path of a picture that can be opened.</summary>
    /// <param name="file">One of <see cref="Files"/>.</param>
    public string PathOf(string file) => Path.Combine(Root, file);
}
