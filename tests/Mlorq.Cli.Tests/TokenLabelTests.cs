using System.IO.Compression;
using System.Text.Json.Nodes;
using Mlorq.Onnx;
using Mlorq.Onnx.Graphs;
using Mlorq.TestKit;

namespace Mlorq.Cli.Tests;

/// <summary><c>mlorq evaluate --inputs</c> of models that give a class to each token. The model looks its scores up, so that every answer is known beforehand.</summary>
public sealed class TokenLabelTests : IDisposable
{
    private const int Classes = 6;

    // 0 is padding as well. Of its seven answers four are the largest score, one more is the second largest, and two are the smallest.
    private static readonly (long[] Ids, long[] Labels)[] Long =
    [
        ([0, 1, 2, 0], [0, 1, 0, -100]),
        ([3, 3, 1, 0], [1, 2, 5, -100]),
        ([2, 0, 0, 0], [2, -100, -100, -1]),
    ];

    // Of its three answers one is the largest score, one the second largest, and one the smallest.
    private static readonly (long[] Ids, long[] Labels)[] Short = [([0, 3], [0, 2]), ([2, 1], [0, -100])];

    private readonly TemporaryFolder _folder = new();
    private int _archives;

    private string Path => _folder.File("tokens.onnx");

    [Fact]
    public void Every_token_with_a_label_is_an_answer_and_padding_is_none()
    {
        OnnxWriter.Write(Tagger([null, null]), Path);
        OnnxWriter.Write(Tagger([null, null], [0, 1, 8, 9, 4, 5]), _folder.File("other.onnx"));
        // More than one batch of them, whose first text is not the first of the three.
        var texts = Enumerable.Repeat(Long, 4).SelectMany(t => t).ToArray();
        File.WriteAllBytes(_folder.File("ids.npy"), Array(texts, t => t.Ids));
        File.WriteAllBytes(_folder.File("labels.npy"), Array(texts, t => t.Labels));
        var json = Evaluate("--reference", _folder.File("other.onnx"), "--inputs", _folder.File("ids.npy"), "--labels", _folder.File("labels.npy"));
        Assert.Equal((12, 28), ((int)json["samples"]!, (int)json["labels"]!));
        Assert.Equal((4.0 / 7, 5.0 / 7), Shares(json["model"]!));
        // It takes token 2 for class 3, and 2 comes next.
        Assert.Equal((3.0 / 7, 5.0 / 7), Shares(json["reference"]!));
    }

    [Fact]
    public void Texts_of_several_lengths_have_their_labels_beside_them()
    {
        OnnxWriter.Write(Tagger([null, null]), Path);
        var archives = Archives(Archive(Enumerable.Repeat(Long, 4).SelectMany(t => t)), Archive(Short));
        foreach (string[] given in new[] { archives, [System.IO.Path.GetDirectoryName(archives[0])!] })
        {
            var json = Evaluate(Given(given));
            Assert.Equal((14, 31), ((int)json["samples"]!, (int)json["labels"]!));
            Assert.Equal((17.0 / 31, 22.0 / 31), Shares(json["model"]!));
        }

        // Beside another model as well.
        Assert.Equal(1, (double)Evaluate(["--reference", Path, .. Given(archives)])["outputs"]![0]!["meanCosine"]!, 6);
    }

    [Fact]
    public void Labels_beside_samples_that_the_model_takes_one_by_one_belong_to_each()
    {
        OnnxWriter.Write(Tagger([4]), Path);
        var json = Evaluate(Given(Archives(Archive(Long))));
        Assert.Equal((3, 7), ((int)json["samples"]!, (int)json["labels"]!));
        Assert.Equal((4.0 / 7, 5.0 / 7), Shares(json["model"]!));
    }

    [Fact]
    public void An_input_of_the_name_is_no_label()
    {
        OnnxWriter.Write(Tagger([null, null], input: "labels"), Path);
        var archives = Archives([("labels", Array(Long, t => t.Ids))]);
        Assert.Equal(0, (int)Evaluate(["--reference", Path, .. Given(archives)])["labels"]!);
        CommandRun.Of(["evaluate", Path, .. Given(archives)]).FailsWith(ExitCode.Usage, "an array 'labels'");
    }

    [Fact]
    public void Labels_that_are_missing_or_given_twice_or_of_other_sizes_are_refused()
    {
        OnnxWriter.Write(Tagger([null, null]), Path);
        var labels = _folder.File("labels.npy");
        File.WriteAllBytes(labels, NpyBytes.Of([.. Enumerable.Repeat(0L, 20)], 5, 4));
        Refused(ExitCode.UnusableData, [Archive(Long), [.. Archive(Short).Take(1)]], "Some .npz files have an array 'labels', and others do not");
        Refused(ExitCode.UnusableData, [Archive(Long), [("ids", Array(Short, t => t.Ids)), ("labels", Array(Long, t => t.Labels))]], "'ids' 2, 'labels' 3");
        Refused(ExitCode.UnusableData, [[("ids", Array(Long, t => t.Ids)), ("labels", NpyBytes.Longs(2, 3, 5))]], "'labels' are [3, 5]", "[3, 4, 6]");
        Refused(ExitCode.UnusableData, [[("ids", Array(Long, t => t.Ids)), ("labels", NpyBytes.Floats(3, 4))]], "'labels' holds Float");
        foreach (var archive in Archives(Archive(Long))) CommandRun.Of("evaluate", Path, "--inputs", archive, "--labels", labels).FailsWith(ExitCode.Usage, labels, "array 'labels' of the samples");
        // One array cannot hold those of two lengths, and what to do is said.
        var archives = Archives([.. new[] { Archive(Long), Archive(Short) }.Select(a => a[..1])]);
        CommandRun.Of(["evaluate", Path, "--labels", labels, .. Given(archives)]).FailsWith(ExitCode.UnusableData, "samples 4 to 5 [2, 2, 6]", "an array 'labels' in each .npz file");
    }

    public void Dispose() => _folder.Dispose();

    private void Refused(int code, (string Name, byte[] Array)[][] archives, params string[] words) => CommandRun.Of(["evaluate", Path, .. Given(Archives(archives))]).FailsWith(code, words);

    private static string[] Given(string[] files) => [.. files.SelectMany(f => new[] { "--inputs", f })];

    private JsonNode Evaluate(params string[] options) => JsonNode.Parse(CommandRun.Of(["evaluate", Path, "--json", .. options]).Succeeds().Output)!;

    private static (double Top1, double Top5) Shares(JsonNode side) => ((double)side["top1"]!, (double)side["top5"]!);

    // The scores of a token are a row of a table: each token has a class of its own, but for 3, which is 1 and nearly 2.
    private static Model Tagger(long?[] ids, float[]? ofToken2 = null, string input = "ids")
    {
        var editor = Model.Create("tagger", [new ValueInfo(input, ElementType.Int64, ids)], [new ValueInfo("scores", ElementType.Float, [.. ids, Classes])], 17).Edit();
        float[] table = [9, 1, 2, 3, 4, 5, 1, 9, 2, 3, 4, 0, .. ofToken2 ?? [0, 1, 9, 3, 4, 5], 1, 9, 8, 3, 4, 5];
        editor.SetInitializer("table", Tensor.Of(table, table.Length / Classes, Classes));
        editor.Nodes.Add(new Node("Gather", "look up", ["table", input], ["scores"]));
        return editor.ToModel();
    }

    private static byte[] Array<T>(IEnumerable<T> texts, Func<T, long[]> values)
    {
        var rows = texts.Select(values).ToList();
        return NpyBytes.Of([.. rows.SelectMany(r => r)], rows.Count, rows[0].Length);
    }

    private static (string Name, byte[] Array)[] Archive(IEnumerable<(long[] Ids, long[] Labels)> texts) => [("ids", Array(texts, t => t.Ids)), ("labels", Array(texts, t => t.Labels))];

    // In a folder of their own.
    private string[] Archives(params (string Name, byte[] Array)[][] contents)
    {
        var folder = Directory.CreateDirectory(_folder.File($"archives {_archives++}")).FullName;
        return [.. contents.Select((arrays, i) =>
        {
            var path = System.IO.Path.Combine(folder, $"{i}.npz");
            using var archive = ZipFile.Open(path, ZipArchiveMode.Create);
            foreach (var (name, bytes) in arrays)
            {
                using var entry = archive.CreateEntry($"{name}.npy").Open();
                entry.Write(bytes);
            }

            return path;
        })];
    }
}
