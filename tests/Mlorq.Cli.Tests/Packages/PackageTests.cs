using System.IO.Compression;
using System.Text;
using System.Xml.Linq;
using Mlorq.TestKit;

namespace Mlorq.Cli.Tests.Packages;

/// <summary>What <c>dotnet pack</c> makes of the built projects, once for all tests.</summary>
public sealed class PackedProjects : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();

    /// <summary>The folder with the packages alone.</summary>
    public string Path => _folder.Path;

    internal static IReadOnlyList<string> Libraries { get; } = ["Mlorq", "Mlorq.Numerics", "Mlorq.Onnx", "Mlorq.Vision"];

    /// <summary>The configuration that these tests, and with them the product, were built in: …/bin/Release/net10.0.</summary>
    internal static string Configuration { get; } = System.IO.Path.GetFileName(System.IO.Path.GetDirectoryName(AppContext.BaseDirectory.TrimEnd('/')))!;

    internal static string Version { get; } = typeof(CommandLine).Assembly.GetName().Version!.ToString(3);

    public async ValueTask InitializeAsync()
    {
        var dotnet = new DotnetRun(TestFiles.RepositoryRoot, new Dictionary<string, string>());
        foreach (var project in Libraries.Append("Mlorq.Cli")) await dotnet.Succeeds("dotnet", "pack", $"src/{project}", "--no-build", "-c", Configuration, "-o", Path);
    }

    public ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    internal ZipArchive Open(string package) => ZipFile.OpenRead(_folder.File($"{package}.{Version}.nupkg"));
}

public sealed class PackageTests(PackedProjects packed) : IClassFixture<PackedProjects>
{
    public static TheoryData<string> Packages { get; } = new(PackedProjects.Libraries.Append("Mlorq.Tool"));

    public static TheoryData<string> Libraries { get; } = new(PackedProjects.Libraries);

    [Fact]
    public void Only_the_libraries_and_the_tool_are_packed()
    {
        var names = Directory.GetFiles(packed.Path).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal);
        Assert.Equal(Packages.Select(p => $"{p.Data}.{PackedProjects.Version}.nupkg").Order(StringComparer.Ordinal), names);
    }

    [Theory]
    [MemberData(nameof(Packages))]
    public void A_package_says_what_it_is_and_under_what_licence(string package)
    {
        using var archive = packed.Open(package);
        var metadata = XDocument.Parse(Text(archive, $"{package}.nuspec")).Root!.Elements().First(e => e.Name.LocalName == "metadata");
        string Value(string name) => metadata.Elements().Single(e => e.Name.LocalName == name).Value;
        Assert.Equal(package, Value("id"));
        Assert.Equal("Apache-2.0", Value("license"));
        Assert.InRange(Value("description").Length, 40, 4000);
        Assert.NotEqual("Package Description", Value("description"));
        Assert.Contains("onnx", Value("tags"), StringComparison.Ordinal);
        Assert.Equal(File.ReadAllText(TestFiles.Repository("src/PACKAGE.md")), Text(archive, Value("readme")));
        // It belongs to whoever publishes it.
        Assert.DoesNotContain(metadata.Elements(), e => e.Name.LocalName is "repository" or "projectUrl");
    }

    [Theory]
    [MemberData(nameof(Libraries))]
    public void A_library_comes_with_its_documentation(string package)
    {
        using var archive = packed.Open(package);
        Assert.NotNull(archive.GetEntry($"lib/net10.0/{package}.dll"));
        var members = XDocument.Parse(Text(archive, $"lib/net10.0/{package}.xml")).Descendants("member").ToList();
        Assert.InRange(members.Count, 20, int.MaxValue);
        // Those of a library's public types; `inheritdoc` is for the reader's tool.
        Assert.All(members, m => Assert.True(m.Elements().Any(), (string?)m.Attribute("name")));
    }

    [Theory]
    [MemberData(nameof(Packages))]
    public void No_file_of_a_package_names_a_place_on_the_machine_that_made_it(string package)
    {
        Assert.SkipUnless(PackedProjects.Configuration == "Release", "Only release builds leave places out");
        var place = Encoding.UTF8.GetBytes(TestFiles.RepositoryRoot + Path.DirectorySeparatorChar);
        using var archive = packed.Open(package);
        foreach (var entry in archive.Entries.Where(e => e.Name.Contains("lorq", StringComparison.Ordinal) || e.Name.EndsWith(".json", StringComparison.Ordinal)))
        {
            using var content = new MemoryStream();
            using (var stream = entry.Open()) stream.CopyTo(content);
            Assert.True(content.ToArray().AsSpan().IndexOf(place) < 0, $"'{entry.FullName}' names {TestFiles.RepositoryRoot}.");
        }
    }

    [Fact]
    public async Task The_tool_is_installed_from_its_file_alone_and_runs_the_demo()
    {
        using var folder = new TemporaryFolder();
        // No source but the folder of packages, and caches of its own: neither the network nor what the user has is looked at.
        File.WriteAllText(folder.File("nuget.config"), "<configuration><packageSources><clear /></packageSources><fallbackPackageFolders><clear /></fallbackPackageFolders></configuration>");
        var home = Directory.CreateDirectory(folder.File("home")).FullName;
        var run = new DotnetRun(Directory.CreateDirectory(folder.File("empty")).FullName, new Dictionary<string, string>
        {
            ["HOME"] = home,
            ["DOTNET_CLI_HOME"] = home,
            ["NUGET_PACKAGES"] = folder.File("packages"),
            ["NUGET_HTTP_CACHE_PATH"] = folder.File("http"),
            ["NUGET_SCRATCH"] = folder.File("scratch"),
        });
        var tools = folder.File("tools");

        await run.Succeeds("dotnet", "tool", "install", "Mlorq.Tool", "--tool-path", tools, "--add-source", packed.Path, "--configfile", folder.File("nuget.config"));
        var mlorq = Path.Combine(tools, "mlorq");
        Assert.Equal(PackedProjects.Version, (await run.Succeeds(mlorq, "--version")).Trim());

        var output = folder.File("small.onnx");
        var text = await run.Succeeds(mlorq, "demo", "--output", output);
        foreach (var word in new[] { "bytes used", "linear layers", "top-1", "same first answer", "latency" }) Assert.Contains(word, text, StringComparison.Ordinal);
        Assert.InRange(new FileInfo(output).Length, 1, new FileInfo(Sample.Model).Length / 8);
        Assert.Empty(Directory.GetFileSystemEntries(run.Folder));
    }

    private static string Text(ZipArchive archive, string path)
    {
        using var reader = new StreamReader(archive.GetEntry(path)!.Open());
        return reader.ReadToEnd();
    }
}
