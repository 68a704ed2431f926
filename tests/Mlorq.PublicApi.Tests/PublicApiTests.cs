using System.Reflection;
using Mlorq.Numerics;
using Mlorq.Onnx;
using Mlorq.TestKit;
using Mlorq.Vision;
using PublicApiGenerator;

namespace Mlorq.PublicApi.Tests;

/// <summary>
/// What users of the libraries can call is kept as text beside this file, so that a change of it is seen in review. After a wanted change,
/// run the tests once with MLORQ_UPDATE_GOLDEN=1 and review the difference; where CI is set, the switch is refused.
/// </summary>
public class PublicApiTests
{
    private static readonly ApiGeneratorOptions Options = new() { IncludeAssemblyAttributes = false };

    public static TheoryData<string> Libraries { get; } = new(Assemblies.Keys);

    private static IReadOnlyDictionary<string, Assembly> Assemblies => new Dictionary<string, Assembly>
    {
        ["Mlorq.Numerics"] = typeof(Cholesky).Assembly,
        ["Mlorq.Onnx"] = typeof(OnnxReader).Assembly,
        ["Mlorq"] = typeof(Compressor).Assembly,
        ["Mlorq.Vision"] = typeof(Preprocessing).Assembly,
    };

    [Theory]
    [MemberData(nameof(Libraries))]
    public void The_public_api_is_as_written_down(string library)
    {
        var text = string.Join('\n', Assemblies[library].GeneratePublicApi(Options).Split('\n').Select(l => l.TrimEnd())).Trim() + "\n";
        var path = TestFiles.Repository($"tests/Mlorq.PublicApi.Tests/{library}.PublicApi.txt");
        if (Environment.GetEnvironmentVariable("MLORQ_UPDATE_GOLDEN") == "1")
        {
            Assert.Null(Environment.GetEnvironmentVariable("CI"));
            File.WriteAllText(path, text);
        }

        Assert.True(File.Exists(path), $"{path} is missing; run the tests once with MLORQ_UPDATE_GOLDEN=1.");
        Assert.Equal(File.ReadAllText(path), text);
    }
}
