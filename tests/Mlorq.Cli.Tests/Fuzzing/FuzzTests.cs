using System.Diagnostics;
using System.Globalization;
using System.Text;
using Mlorq.Onnx;
using Mlorq.TestKit;

namespace Mlorq.Cli.Tests.Fuzzing;

/// <summary>
/// Damaged files end in an error that can be understood or in a result, never in a crash, and nothing is left behind. <c>MLORQ_FUZZ=10000</c> tries so many in
/// all, other seeds included; without it as many as take some seconds.
/// </summary>
public sealed class FuzzTests : IDisposable
{
    private const int Usual = 3000;
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);
    private static readonly int All = int.TryParse(Environment.GetEnvironmentVariable("MLORQ_FUZZ"), NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count : Usual;

    private readonly TemporaryFolder _folder = new();

    private string Model => _folder.File("model.onnx");

    private string Analysis => _folder.File("model.analysis");

    private string Plan => _folder.File("plan.json");

    private string Damaged => _folder.File("damaged");

    private string Output => _folder.File("out");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Damaged_models()
    {
        var whole = OnnxWriter.ToBytes(SmallModels.Classifier());
        Try(All * 6 / 10, i => Mutation.OfBytes(whole, i), () => ["inspect", Damaged, "--json"]);
    }

    [Fact]
    public void Damaged_models_that_are_compressed()
    {
        var whole = OnnxWriter.ToBytes(SmallModels.Classifier());
        Try(All / 20, i => Mutation.OfBytes(whole, -1 - i), () => ["compress", Damaged, "--budget", "3x", "--output", Output, .. Shape, "--tuning", "none"]);
    }

    [Fact]
    public void Damaged_analyses()
    {
        Prepare();
        var whole = File.ReadAllBytes(Analysis);
        var right = File.ReadAllBytes(Plan);
        // Checksums find damage in what a plan is made from; the rest of the file is not read for it.
        Try(All * 2 / 10, i => Mutation.OfBytes(whole, i), () => ["plan", Damaged, "--budget", "3x", "--output", Output], () => Assert.Equal(right, File.ReadAllBytes(Output)));
    }

    [Fact]
    public void Damaged_plans()
    {
        Prepare();
        var whole = File.ReadAllText(Plan);
        Try(All / 10, i => Mutation.OfText(whole, i), () => ["compress", Model, "--analysis", Analysis, "--plan", Damaged, "--output", Output, "--calibration", Sample.Calibration, "--samples", "8", "--tuning", "none"]);
    }

    [Fact]
    public void Damaged_files_of_options()
    {
        Prepare();
        // Paths come in after the damage, which is the same wherever the tests are. Damage to the remark does none.
        const string whole = """
            {
              // a small classifier of grey pictures, to a half of its size, with few samples and nothing learned
              "model": "MODEL",
              "calibration": ["PICTURES"],
              "budget": "2x",
              "effort": "fast",
              "samples": 8,
              "gradient-samples": 4,
              "tuning": "none",
              "bits": { "first": "4,8", "second": "3,4,8" },
              "resize": "8x8",
              "exclude": ["w3"]
            }
            """;
        File.WriteAllBytes(Damaged, WithPaths(Encoding.UTF8.GetBytes(whole)));
        CommandRun.Of("compress", "--config", Damaged, "--output", Output).Succeeds();
        foreach (var file in (string[])[Damaged, Output]) File.Delete(file);
        Try(All / 20, i => WithPaths(Mutation.OfText(whole, i)), () => ["compress", "--config", Damaged, "--output", Output]);
    }

    // Byte for byte, as damaged text need not be text.
    private byte[] WithPaths(byte[] text) => Encoding.Latin1.GetBytes(Encoding.Latin1.GetString(text).Replace("MODEL", Bytes(Model), StringComparison.Ordinal).Replace("PICTURES", Bytes(Sample.Calibration), StringComparison.Ordinal));

    private static string Bytes(string path) => Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(path));

    private static string[] Shape => ["--calibration", Sample.Calibration, "--samples", "8", "--gradient-samples", "4", "--effort", "fast", "--resize", "8x8"];

    private void Prepare()
    {
        OnnxWriter.Write(SmallModels.Classifier(), Model);
        CommandRun.Of(["analyze", Model, "--output", Analysis, .. Shape]).Succeeds();
        CommandRun.Of("plan", Analysis, "--budget", "3x", "--output", Plan).Succeeds();
    }

    private void Try(int count, Func<int, byte[]> damaged, Func<string[]> line, Action? check = null)
    {
        var (failed, succeeded) = (0, 0);
        string[] before = [.. Directory.GetFileSystemEntries(_folder.Path), Damaged];
        for (var seed = 0; seed < count; seed++)
        {
            var bytes = damaged(seed);
            File.WriteAllBytes(Damaged, bytes);
            var start = Stopwatch.GetTimestamp();
            var run = CommandRun.Of(line());
            var time = Stopwatch.GetElapsedTime(start);
            var what = $"seed {seed}, {string.Join(' ', line())}: exit code {run.ExitCode}, {time.TotalSeconds:F1} s, {run.Error}";
            Assert.True(run.ExitCode is 0 or >= 2 and <= 8, what);
            Assert.True(time < Longest, what);
            Assert.DoesNotContain("Exception", run.Error, StringComparison.Ordinal);
            if (run.ExitCode == 0) succeeded++;
            else failed++;
            if (run.ExitCode == 0) check?.Invoke();
            if (run.ExitCode != 0) Assert.Contains("error: ", run.Error, StringComparison.Ordinal);
            if (run.ExitCode != 0) Assert.Equal(before.Order(StringComparer.Ordinal), Directory.GetFileSystemEntries(_folder.Path).Order(StringComparer.Ordinal));
            File.Delete(Output);
        }

        // Damage that is never noticed, or always, would say little.
        TestContext.Current.TestOutputHelper?.WriteLine($"{failed} failed, {succeeded} succeeded");
        Assert.True(failed > 0, $"{succeeded} of {count} succeeded");
        Assert.True(succeeded > 0, $"{failed} of {count} failed");
    }
}
