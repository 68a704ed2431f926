using Mlorq.Onnx.Execution;
using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Passes;
using Mlorq.TestKit;

namespace Mlorq.Onnx.Tests.Execution;

/// <summary>All segments one after the other must give the bits of the whole model.</summary>
public class SegmentRunnerTests
{
    private static readonly Lazy<Model> Sample = new(() => Canonicalize.Apply(OnnxReader.Read(SampleModels.PathOf("samples/vit-fashion/model.onnx"))));

    // On Windows a file keeps its name while it is open; elsewhere it has none, so that it goes with the process.
    private static readonly int Named = OperatingSystem.IsWindows() ? 1 : 0;

    public static TheoryData<string> Models => SampleModels.All;

    [Theory]
    [MemberData(nameof(Models))]
    public void A_real_model_cut_in_front_of_all_linear_layers_gives_its_bits(string path)
    {
        var model = Canonicalize.Apply(OnnxReader.Read(SampleModels.PathOf(path)));
        var batches = new[] { RandomInputs.For(model, seed: 1), RandomInputs.For(model, seed: 2) };
        var segments = ModelSegments.Cut(model, LinearInputs(model.Graph));
        Assert.True(segments.Segments.Count > 5, $"{segments.Segments.Count} segments");
        // Every node that depends on more than constants and shapes belongs to exactly one segment, and runs once for each batch.
        var own = segments.Segments.SelectMany(s => s.Nodes).ToList();
        Assert.Equal(DependOnData(model.Graph), own);

        using var runner = new SegmentRunner(segments, batches);
        while (runner.Next < segments.Segments.Count) runner.Advance(model, InOrder);

        Assert.Equal((long)own.Count * batches.Length, runner.NodeRuns);
        Assert.Equal(0, runner.SpilledBytes);
        Assert.Equal(segments.Outputs.Count * batches.Length, SameBits(model, segments, batches, runner));
    }

    [Fact]
    public void Weights_may_be_others_from_segment_to_segment()
    {
        var model = Sample.Value;
        var editor = model.Edit();
        foreach (var name in model.Graph.InitializerNames.Where(n => model.Graph.InitializerSpec(n) is { Type: ElementType.Float, Shape.Count: 2 }))
        {
            var values = Array.ConvertAll(model.Graph.Initializer(name)!.Floats.ToArray(), v => MathF.Round(v, 2));
            editor.SetInitializer(name, Tensor.Of(values, [.. model.Graph.InitializerSpec(name).Shape]));
        }

        var other = editor.ToModel();
        var batches = new[] { RandomInputs.For(model) };
        var segments = ModelSegments.Cut(model, LinearInputs(model.Graph));
        using var runner = new SegmentRunner(segments, batches);
        while (runner.Next < segments.Segments.Count) runner.Advance(other, InOrder);
        SameBits(other, segments, batches, runner);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(100_000)]
    public void What_memory_does_not_hold_goes_to_a_file_and_comes_back_the_same(long memory)
    {
        using var folder = new TemporaryFolder();
        var batches = Enumerable.Range(0, 6).Select(seed => RandomInputs.For(Sample.Value, seed: seed)).ToArray();
        var segments = ModelSegments.Cut(Sample.Value, LinearInputs(Sample.Value.Graph));
        using (var runner = new SegmentRunner(segments, batches, memory, folder.Path))
        {
            while (runner.Next < segments.Segments.Count) runner.Advance(Sample.Value, OnThreads);
            Assert.True(runner.SpilledBytes > 0);
            // Places are used again: what was alive at once, not what was ever written.
            Assert.True(runner.SpilledBytes < 6_000_000, $"{runner.SpilledBytes} bytes");
            Assert.Equal(Named, Directory.GetFiles(folder.Path).Length);
            SameBits(Sample.Value, segments, batches, runner);
        }

        Assert.Empty(Directory.GetFiles(folder.Path));
    }

    [Fact]
    public void The_file_is_gone_after_a_failure_and_no_step_goes_on_from_it()
    {
        using var folder = new TemporaryFolder();
        var batches = Enumerable.Range(0, 4).Select(seed => RandomInputs.For(Sample.Value, seed: seed)).ToArray();
        var segments = ModelSegments.Cut(Sample.Value, LinearInputs(Sample.Value.Graph));
        using (var runner = new SegmentRunner(segments, batches, 0, folder.Path))
        {
            for (var s = 0; s < 3; s++) runner.Advance(Sample.Value, InOrder);
            Assert.Equal(Named, Directory.GetFiles(folder.Path).Length);
            Assert.Throws<OperationCanceledException>(() => runner.Advance(Sample.Value, (_, work) =>
            {
                work(0);
                throw new OperationCanceledException();
            }));
            Assert.Throws<InvalidOperationException>(() => runner.Advance(Sample.Value, InOrder));
        }

        Assert.Empty(Directory.GetFiles(folder.Path));
    }

    [Fact]
    public void A_folder_that_cannot_be_written_is_an_error_that_says_so()
    {
        var segments = ModelSegments.Cut(Sample.Value, LinearInputs(Sample.Value.Graph));
        using var runner = new SegmentRunner(segments, [RandomInputs.For(Sample.Value)], 0, "/no/such/folder");
        var error = Assert.Throws<TemporaryFileException>(() => runner.Advance(Sample.Value, InOrder));
        Assert.StartsWith("The temporary file in '/no/such/folder' cannot be used", error.Message, StringComparison.Ordinal);
    }

    private static int SameBits(Model model, ModelSegments segments, IReadOnlyList<Dictionary<string, Tensor>> batches, SegmentRunner runner)
    {
        using var whole = ModelRunner.Load(model);
        var compared = 0;
        for (var b = 0; b < batches.Count; b++)
        {
            foreach (var (name, expected) in segments.Outputs.Zip(whole.Run(batches[b], segments.Outputs)))
            {
                var actual = runner.Value(b, name);
                Assert.Equal(expected.Shape, actual.Shape);
                Assert.True(expected.Bytes.Span.SequenceEqual(actual.Bytes.Span), name);
                compared++;
            }
        }

        return compared;
    }

    private static List<string> LinearInputs(Graph graph) =>
        [.. graph.Nodes.Where(n => n.Is("MatMul") && graph.HasInitializer(n.Input(1))).Select(n => n.Input(0)).Distinct()];

    private static List<Node> DependOnData(Graph graph)
    {
        var data = graph.Inputs.Select(i => i.Name).ToHashSet();
        var nodes = new List<Node>();
        foreach (var node in graph.Nodes.Where(n => n.OpType is not ("Shape" or "Size") && n.Reads().Any(data.Contains)))
        {
            data.UnionWith(node.Outputs.Where(o => o.Length > 0));
            nodes.Add(node);
        }

        return nodes;
    }

    private static void InOrder(int count, Action<int> work)
    {
        for (var i = 0; i < count; i++) work(i);
    }

    private static void OnThreads(int count, Action<int> work) => Parallel.For(0, count, work);
}
