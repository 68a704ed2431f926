namespace Mlorq.TestKit;

/// <summary>Where tests find files: in the repository, or beside it in <c>../shared</c>, which may be absent.</summary>
public static class TestFiles
{
    /// <summary>The repository's root folder (the one that holds Mlorq.slnx).</summary>
    public static string RepositoryRoot { get; } = FindRoot(AppContext.BaseDirectory);

    /// <summary>A file or folder of the repository.</summary>
    public static string Repository(string relativePath) => Path.Combine(RepositoryRoot, relativePath);

    /// <summary>A file or folder of <c>../shared</c>; the calling test is skipped, visibly, where it is absent.</summary>
    public static string Shared(string relativePath)
    {
        var path = Path.GetFullPath(Path.Combine(RepositoryRoot, "..", "shared", relativePath));
        Assert.SkipUnless(Path.Exists(path), $"../shared/{relativePath} is not on this machine");
        return path;
    }

    private static string FindRoot(string start)
    {
        for (var folder = new DirectoryInfo(start); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Mlorq.slnx"))) return folder.FullName;
        }

        throw new DirectoryNotFoundException($"No folder above {start} holds Mlorq.slnx.");
    }
}
