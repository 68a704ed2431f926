using System.Text.Json.Nodes;
using Mlorq.Onnx;
using Mlorq.Onnx.Execution;
using Mlorq.Onnx.Graphs;
using Mlorq.TestKit;

namespace Mlorq.Cli.Tests;

/// <summary><c>mlorq evaluate --inputs</c>.</summary>
public sealed class ArrayEvaluationTests : IDisposable
{
    private const int Texts = 20;
    private const int Length = 6;
    private readonly TemporaryFolder _folder = new();

    private string[] Inputs => ["--inputs", $"ids={_folder.File("ids.npy")}", "--inputs", $"mask={_folder.File("mask.npy")}"];

    [Fact]
    public void Outputs_are_compared_and_answers_counted()
    {
        Write();
        // Half of the answers are those of the original, of the others one is left out.
        var answers = Answers(SmallModels.Text());
        for (var i = 0; i < Texts; i += 2) answers[i] = (answers[i] + 1) % 40;
        answers[0] = -100;
        File.WriteAllBytes(_folder.File("labels.npy"), NpyBytes.Of(answers, Texts));
        string[] line = ["evaluate", _folder.File("near.onnx"), "--reference", _folder.File("text.onnx"), .. Inputs, "--labels", _folder.File("labels.npy")];
        var json = JsonNode.Parse(CommandRun.Of([.. line, "--json"]).Succeeds().Output)!;
        Assert.Equal((Texts, Texts - 1), ((int)json["samples"]!, (int)json["labels"]!));
        Assert.Equal(10.0 / 19, (double)json["reference"]!["top1"]!, 12);
        var y = Assert.Single(json["outputs"]!.AsArray())!;
        Assert.Equal(("y", Texts), ((string)y["name"]!, (int)y["vectors"]!));
        // One of forty columns is half as large.
        Assert.InRange((double)y["meanCosine"]!, 0.98, 0.9999);
        Assert.InRange((double)y["leastCosine"]!, 0.5, (double)y["meanCosine"]!);
        Assert.Equal(Answers(Near()).Zip(Answers(SmallModels.Text())).Count(p => p.First == p.Second) / (double)Texts, (double)y["agreement"]!, 12);
        var table = CommandRun.Of(line).Succeeds().Output;
        foreach (var word in new[] { "near.onnx", "text.onnx", "file size", "top-1", "52.6 %", "signal-to-noise", "mean cosine", "20 samples, 19 labels" }) Assert.Contains(word, table, StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_is_evaluated_with_labels_alone_and_equal_models_are_equal()
    {
        Write();
        File.WriteAllBytes(_folder.File("labels.npy"), NpyBytes.Of(Answers(SmallModels.Text()), Texts));
        Assert.Contains("100.0 %", CommandRun.Of(["evaluate", _folder.File("text.onnx"), .. Inputs, "--labels", _folder.File("labels.npy")]).Succeeds().Output, StringComparison.Ordinal);
        var same = CommandRun.Of(["evaluate", _folder.File("text.onnx"), .. Inputs, "--reference", _folder.File("text.onnx")]).Succeeds().Output;
        foreach (var word in new[] { "equal outputs", "1.0000", "100.0 %" }) Assert.Contains(word, same, StringComparison.Ordinal);
    }

    [Fact]
    public void What_does_not_go_together_is_refused()
    {
        Write();
        var model = _folder.File("text.onnx");
        CommandRun.Of(["evaluate", .. Inputs]).FailsWith(ExitCode.Usage, "MODEL");
        CommandRun.Of(["evaluate", model, .. Inputs]).FailsWith(ExitCode.Usage, "--reference ORIGINAL.onnx", "--labels FILE.npy");
        CommandRun.Of(["evaluate", model, .. Inputs, "--images", "dir"]).FailsWith(ExitCode.Usage, "--images is for models that take pictures");
        CommandRun.Of("evaluate", model, "--reference", model, "--inputs", _folder.File("ids.npy")).FailsWith(ExitCode.UnusableData, "--inputs NAME=");
        File.WriteAllBytes(_folder.File("few.npy"), NpyBytes.Longs(40, Texts - 1));
        CommandRun.Of(["evaluate", model, .. Inputs, "--labels", _folder.File("few.npy")]).FailsWith(ExitCode.UnusableData, "few.npy' are [19]", "samples 17 to 20 [4, 40]");
        File.WriteAllBytes(_folder.File("large.npy"), NpyBytes.Of([.. Enumerable.Repeat(40L, Texts)], Texts));
        CommandRun.Of(["evaluate", model, .. Inputs, "--labels", _folder.File("large.npy")]).FailsWith(ExitCode.UnusableData, "the label 40", "0 to 39");
        File.WriteAllBytes(_folder.File("floats.npy"), NpyBytes.Floats(Texts));
        CommandRun.Of(["evaluate", model, .. Inputs, "--labels", _folder.File("floats.npy")]).FailsWith(ExitCode.UnusableData, "Float; labels are whole numbers");
    }

    public void Dispose() => _folder.Dispose();

    private void Write()
    {
        OnnxWriter.Write(SmallModels.Text(), _folder.File("text.onnx"));
        OnnxWriter.Write(Near(), _folder.File("near.onnx"));
        File.WriteAllBytes(_folder.File("ids.npy"), NpyBytes.Longs(SmallModels.Vocabulary, Texts, Length));
        File.WriteAllBytes(_folder.File("mask.npy"), NpyBytes.Of([.. Enumerable.Range(0, Texts * Length).Select(i => i % Length < 4 ? 1L : 0)], Texts, Length));
    }

    private static Model Near()
    {
        var model = SmallModels.Text();
        var weight = model.Graph.Initializer("w")!.Floats.ToArray();
        for (var i = 0; i < 64; i++) weight[i * 40] /= 2;
        var editor = model.Edit();
        editor.SetInitializer("w", Tensor.Of(weight, 64, 40));
        return editor.ToModel();
    }

    private long[] Answers(Model model)
    {
        using var runner = ModelRunner.Load(model);
        var (ids, mask) = (NpyFile.Read(_folder.File("ids.npy")), NpyFile.Read(_folder.File("mask.npy")));
        var scores = runner.Run(new Dictionary<string, Tensor> { ["ids"] = new(ElementType.Int64, ids.Shape, ids.Bytes), ["mask"] = new(ElementType.Int64, mask.Shape, mask.Bytes) })[0].Floats.ToArray();
        return [.. Enumerable.Range(0, Texts).Select(t => (long)Array.IndexOf(scores, scores.Skip(t * 40).Take(40).Max(), t * 40) - (t * 40))];
    }
}
