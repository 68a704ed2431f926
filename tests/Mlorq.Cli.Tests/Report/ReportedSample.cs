using System.Text.Json;
using System.Text.RegularExpressions;
using Mlorq.Onnx;
using Mlorq.Onnx.Graphs;
using Mlorq.TestKit;

namespace Mlorq.Cli.Tests.Report;

/// <summary>A compression of a small model with a report, once for all tests. A layer has a name that would do harm if it became markup.</summary>
public sealed partial class ReportedSample : IDisposable
{
    /// <summary>The name.</summary>
    public const string Dangerous = "</script><img src=x onerror=alert(1)>{{script}}&amp;\"'";

    private readonly TemporaryFolder _folder = new();

    public ReportedSample()
    {
        OnnxWriter.Write(Named(), File("model.onnx"));
        Run = CommandRun.Of([.. Line("small.onnx"), "--report", Page, "--labels", Sample.Calibration + ".csv", "--log", "json"]).Succeeds();
        Text = System.IO.File.ReadAllText(Page);
        Data = JsonDocument.Parse(DataElement().Match(Text).Groups[1].Value).RootElement;
    }

    /// <summary>What the command said.</summary>
    internal CommandRun Run { get; }

    /// <summary>The page.</summary>
    public string Page => File("report.html");

    /// <summary>Its text.</summary>
    public string Text { get; }

    /// <summary>The numbers that are in it.</summary>
    public JsonElement Data { get; }

    /// <summary>A file beside the page.</summary>
    public string File(string name) => _folder.File(name);

    /// <summary>The command line without a report.</summary>
    public string[] Line(string output) => ["compress", File("model.onnx"), "--calibration", Sample.Calibration, "--samples", "20", "--budget", "2x", "--effort", "fast", "-o", File(output)];

    public void Dispose() => _folder.Dispose();

    private static Model Named()
    {
        var editor = SmallModels.Classifier().Edit();
        var index = editor.Nodes.FindIndex(n => n.Name == "second");
        editor.SetInitializer(Dangerous, SmallModels.Classifier().Graph.Initializer("w2")!);
        editor.RemoveInitializer("w2");
        editor.Nodes[index] = new Node("MatMul", Dangerous, ["a1", Dangerous], ["h2"]);
        return editor.ToModel();
    }

    [GeneratedRegex("""<script type="application/json" id="data">(.*?)</script>""", RegexOptions.Singleline)]
    private static partial Regex DataElement();
}
