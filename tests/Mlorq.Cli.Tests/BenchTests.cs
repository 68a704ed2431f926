using System.Text.Json;
using Mlorq.Onnx;
using Mlorq.Onnx.Graphs;
using Mlorq.TestKit;

namespace Mlorq.Cli.Tests;

public sealed class BenchTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void The_table_has_a_column_for_each_model_and_ratios_to_the_first()
    {
        var model = Write("a.onnx", SmallModels.Classifier());
        var run = CommandRun.Of("bench", Sample.Model, model, "--runs", "3", "--shape", "picture=Nx1x8x8").Succeeds();
        var lines = run.Output.Split('\n').Select(l => string.Join(' ', l.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Trim()).ToList();
        Assert.Contains("model.onnx a.onnx ratio", lines);
        Assert.Contains("file size 2.753 MB 0.020 MB 0.01x", lines);
        foreach (var row in new[] { "memory after load", "memory after a run" }) Assert.Contains(lines, l => l.StartsWith(row, StringComparison.Ordinal));
        foreach (var row in new[] { "batch 1: latency, median", "latency, p10", "latency, p90" })
            Assert.Contains(lines, l => l.StartsWith(row, StringComparison.Ordinal) && l.EndsWith('x') && l.Split(" ms").Length == 3);
        Assert.Contains(lines, l => l.StartsWith("inputs per second ", StringComparison.Ordinal));
        Assert.Contains($"Generated inputs of {Sample.Model}: input float [1, 1, 28, 28]", lines);
        Assert.Contains($"Generated inputs of {model}: picture float [1, 1, 8, 8]", lines);
        Assert.Contains("Timed runs of each model, taking turns: 3 at batch 1; 1 thread. Latency: of a whole batch.", lines);
        Assert.Contains("Measuring latency: 1 of 1", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_single_model_has_no_ratios_and_models_of_one_name_are_told_apart()
    {
        Assert.DoesNotContain("ratio", CommandRun.Of("bench", Sample.Model, "--runs", "1").Succeeds().Output, StringComparison.Ordinal);
        var other = Write("model.onnx", SmallModels.Classifier());
        var output = CommandRun.Of("bench", Sample.Model, other, "--runs", "1").Succeeds().Output.Replace("\n", "", StringComparison.Ordinal);
        Assert.Contains(other, output, StringComparison.Ordinal);
    }

    [Fact]
    public void Json_has_all_figures_of_each_model_at_each_batch()
    {
        using var json = JsonDocument.Parse(CommandRun.Of("bench", Sample.Model, Sample.Model, "--batch", "2,1", "--threads", "2", "--runs", "7", "--time", "60", "--json").Succeeds().Output);
        Assert.Equal(2, json.RootElement.GetProperty("threads").GetInt32());
        var models = json.RootElement.GetProperty("models").EnumerateArray().ToList();
        Assert.Equal(2, models.Count);
        foreach (var model in models)
        {
            Assert.Equal(Sample.Model, model.GetProperty("file").GetString());
            Assert.Equal(new FileInfo(Sample.Model).Length, Number(model, "sizeInBytes"));
            Assert.Equal(1, Number(model, "sizeRatio"));
            Assert.Equal([2, 1], model.GetProperty("batches").EnumerateArray().Select(b => b.GetProperty("batch").GetInt32()));
            foreach (var batch in model.GetProperty("batches").EnumerateArray()) BatchIsWhole(batch);
        }

        var (first, second) = (models[0].GetProperty("batches")[0], models[1].GetProperty("batches")[0]);
        Assert.Equal(1, Number(first, "latencyRatio"));
        Assert.Equal(Number(second.GetProperty("latencyInMilliseconds"), "median") / Number(first.GetProperty("latencyInMilliseconds"), "median"), Number(second, "latencyRatio"), 3);
    }

    [Fact]
    public void Files_with_weights_count_and_links_do_not()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "needs the right to make symbolic links");
        File.WriteAllBytes(_folder.File("model.onnx"), SmallModels.WithExternalWeight());
        File.CreateSymbolicLink(_folder.File("external.onnx"), _folder.File("model.onnx"));
        File.WriteAllBytes(_folder.File("weights.bin"), new byte[64 * 32 * sizeof(float)]);
        using var json = JsonDocument.Parse(CommandRun.Of("bench", _folder.File("external.onnx"), "--runs", "1", "--json").Succeeds().Output);
        var size = new FileInfo(_folder.File("model.onnx")).Length + (64 * 32 * sizeof(float));
        Assert.Equal(size, Number(json.RootElement.GetProperty("models")[0], "sizeInBytes"));
    }

    [Fact]
    public void Memory_is_that_of_the_model_after_load_and_after_a_run()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "freed memory is only given back on Linux");
        // 32 MB of weights, and for two inputs products of 64 MB.
        var path = Write("wide.onnx", Wide(width: 8_000_000));
        using var json = JsonDocument.Parse(CommandRun.Of("bench", path, "--batch", "2", "--runs", "1", "--json").Succeeds().Output);
        var batch = json.RootElement.GetProperty("models")[0].GetProperty("batches")[0];
        Assert.InRange(Number(batch, "memoryAfterLoadInBytes"), 30e6, 100e6);
        Assert.InRange(Number(batch, "memoryAfterRunInBytes") - Number(batch, "memoryAfterLoadInBytes"), 60e6, 200e6);
    }

    [Fact]
    public void Ids_and_shapes_feed_models_of_other_kinds()
    {
        var path = Write("text.onnx", Text(words: 50));
        var run = CommandRun.Of("bench", path, "--shape", "ids=Nx16", "--shape", "mask=Nx16", "--ids", "ids=50", "--batch", "3", "--runs", "2", "--json").Succeeds();
        using var json = JsonDocument.Parse(run.Output);
        var inputs = json.RootElement.GetProperty("models")[0].GetProperty("batches")[0].GetProperty("inputs").EnumerateArray().ToList();
        Assert.Equal(["ids", "mask"], inputs.Select(i => i.GetProperty("name").GetString()));
        Assert.Equal(["Int64", "Bool"], inputs.Select(i => i.GetProperty("type").GetString()));
        Assert.All(inputs, i => Assert.Equal([3, 16], i.GetProperty("shape").EnumerateArray().Select(d => d.GetInt32())));
        Assert.Equal(50, inputs[0].GetProperty("ids").GetInt32());
        Assert.Equal(JsonValueKind.Null, inputs[1].GetProperty("ids").ValueKind);
    }

    [Fact]
    public void The_batch_is_that_of_a_model_that_fixes_it()
    {
        var (four, open) = (Write("four.onnx", SmallModels.Classifier(batch: 4)), Write("open.onnx", SmallModels.Classifier()));
        Assert.Contains("picture float [4, 1, 8, 8]", CommandRun.Of("bench", open, four, "--runs", "1").Succeeds().Output, StringComparison.Ordinal);
        CommandRun.Of("bench", open, four, "--batch", "4,8").FailsWith(ExitCode.Usage, "four.onnx' takes a batch of 4 (picture [4, 1, 8, 8]), not 8. Use --batch 4.");
        var two = Write("two.onnx", SmallModels.Classifier(batch: 2));
        CommandRun.Of("bench", four, two).FailsWith(ExitCode.Usage, "different batches", "4 for", "2 for", "one at a time");
    }

    [Fact]
    public void Models_that_cannot_be_measured_are_refused()
    {
        CommandRun.Of("bench", Sample.Model, _folder.File("none.onnx")).FailsWith(ExitCode.UnusableModel, "none.onnx");
        CommandRun.Of("bench", Write("text.onnx", Text(50)), "--shape", "ids=Nx16", "--shape", "mask=Nx16", "--ids", "ids=1000000")
            .FailsWith(ExitCode.UnusableModel, "text.onnx' does not run with ids int64 [1, 16]; mask bool [1, 16]", "--ids change what it is fed");
        CommandRun.Of("bench", Write("words.onnx", Words())).FailsWith(ExitCode.UnusableModel, "words string [?]", "no tensor of numbers");
    }

    [Theory]
    [InlineData("--batch", "0")]
    [InlineData("--batch", "1,,8")]
    [InlineData("--batch", "two")]
    [InlineData("--threads", "0")]
    [InlineData("--runs", "-1")]
    [InlineData("--time", "0")]
    [InlineData("--time", "1,5")]
    [InlineData("--time", "100000")]
    [InlineData("--shape", "mask")]
    [InlineData("--ids", "ids")]
    [InlineData("--ids", "ids=0")]
    [InlineData("--ids", "ids=many")]
    [InlineData("--ids", "mask=2")]
    [InlineData("--ids", "idz=2")]
    [InlineData("--shape", "idz=2")]
    [InlineData("--shape", "ids=Nx2147483647")]
    public void A_bad_option_is_named_with_its_value(string option, string value)
    {
        string[] shapes = value.StartsWith("ids=N", StringComparison.Ordinal) ? ["--shape", "mask=Nx16"] : ["--shape", "ids=Nx16", "--shape", "mask=Nx16"];
        CommandRun.Of(["bench", Write("text.onnx", Text(50)), .. shapes, option, value]).FailsWith(ExitCode.Usage, option.TrimStart('-'), value.Split('=')[0].Split('x')[0]);
    }

    [Fact]
    public void What_is_missing_unknown_or_given_twice_is_named()
    {
        var path = Write("text.onnx", Text(50));
        CommandRun.Of("bench", path).FailsWith(ExitCode.Usage, "--shape ids=Nx? --shape mask=Nx?");
        CommandRun.Of("bench", path, "--shape", "ids=Nx4", "--shape", "ids=Nx8").FailsWith(ExitCode.Usage, "twice", "'ids'");
        CommandRun.Of("bench", path, "--shape", "x=1").FailsWith(ExitCode.Usage, "'x'", "ids int64 [?, ?]; mask bool [?, ?]");
        CommandRun.Of("bench").FailsWith(ExitCode.Usage, "`mlorq bench --help`");
        CommandRun.Of("bench", path, "--colour", "red").FailsWith(ExitCode.Usage, "Unrecognized option '--colour'.");
    }

    [Fact]
    public void Ctrl_C_while_models_take_turns()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs `kill` and GNU `env`");
        using var process = CommandProcess.StartInterruptible("bench", Sample.Model, "--runs", "100000000", "--time", "3600");
        process.WaitFor("Measuring memory");
        process.Interrupt();
        process.End().FailsWith(ExitCode.Cancelled, "Cancelled");
    }

    public void Dispose() => _folder.Dispose();

    private static void BatchIsWhole(JsonElement batch)
    {
        var latency = batch.GetProperty("latencyInMilliseconds");
        Assert.InRange(Number(latency, "p10"), double.Epsilon, Number(latency, "median"));
        Assert.InRange(Number(latency, "median"), Number(latency, "p10"), Number(latency, "p90"));
        Assert.Equal(batch.GetProperty("batch").GetInt32() * 1000 / Number(latency, "median"), Number(batch, "inputsPerSecond"), 3);
        Assert.Equal(7, batch.GetProperty("runs").GetInt32());
        if (OperatingSystem.IsLinux()) Assert.InRange(Number(batch, "memoryAfterRunInBytes"), 1, 200e6);
        if (OperatingSystem.IsLinux()) Assert.InRange(Number(batch, "memoryAfterLoadInBytes"), 1, 200e6);
        Assert.Equal([batch.GetProperty("batch").GetInt32(), 1, 28, 28], batch.GetProperty("inputs")[0].GetProperty("shape").EnumerateArray().Select(d => d.GetInt32()));
    }

    private static double Number(JsonElement element, string name) => element.GetProperty(name).GetDouble();

    // A number times a wide row of ones, summed up.
    private static Model Wide(int width)
    {
        var editor = Model.Create("wide", [new ValueInfo("x", ElementType.Float, [null, 1])], [new ValueInfo("y", ElementType.Float, [null, 1])], 17).Edit();
        editor.SetInitializer("w", Tensor.Of(Enumerable.Repeat(1f, width).ToArray(), 1, width));
        editor.Nodes.Add(new Node("Mul", "product", ["x", "w"], ["products"]));
        editor.Nodes.Add(new Node("ReduceMean", "mean", ["products"], ["y"], [NodeAttribute.Ints("axes", 1)]));
        return editor.ToModel();
    }

    // Looks words up where a mask is open.
    private static Model Text(int words)
    {
        var editor = Model.Create(
            "text",
            [new ValueInfo("ids", ElementType.Int64, [null, null]), new ValueInfo("mask", ElementType.Bool, [null, null])],
            [new ValueInfo("y", ElementType.Float, [null, null])],
            17).Edit();
        editor.SetInitializer("table", Tensor.Of(new float[words], words));
        editor.SetInitializer("nothing", Tensor.Of([-1f]));
        editor.Nodes.Add(new Node("Gather", "look up", ["table", "ids"], ["found"]));
        editor.Nodes.Add(new Node("Where", "where", ["mask", "found", "nothing"], ["y"]));
        return editor.ToModel();
    }

    private static Model Words()
    {
        var editor = Model.Create("words", [new ValueInfo("words", ElementType.String, [null])], [new ValueInfo("y", ElementType.String, [null])], 17).Edit();
        editor.Nodes.Add(new Node("Identity", "same", ["words"], ["y"]));
        return editor.ToModel();
    }

    private string Write(string name, Model model)
    {
        OnnxWriter.Write(model, _folder.File(name));
        return _folder.File(name);
    }
}
