using Mlorq.InterLayer;
using Mlorq.IntraLayer;
using Mlorq.Layers;
using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Passes;
using Mlorq.Onnx.Tests;
using Mlorq.Quantization;
using Mlorq.Resuming;
using Mlorq.Rewriting;
using Mlorq.Rounding;
using Mlorq.Tests.Quantization;
using Mlorq.Tests.Rewriting;

namespace Mlorq.Tests.Resuming;

public class LayerRecordsTests
{
    private static readonly Model Linear = OneLayer.Model(72, 48, bias: true);
    private static readonly Model Convolution = Canonicalize.Apply(new GraphBuilder()
        .Input("x", 1, 4, 8, 8).Weight("kernel", 32, 4, 3, 3).Weight("w", 36, 48).Output("y")
        .Node("Conv", "x,kernel", "c").Node("Reshape", "c,shape", "r").Constant("shape", Tensor.Of([32L, 36L], 2)).Node("MatMul", "r,w", "y").Build());

    public static TheoryData<string> Names => [.. Formats.All.Select(f => f.ToString())];

    [Theory]
    [MemberData(nameof(Names))]
    public void Layers_of_every_format_come_back_to_the_bit(string name)
    {
        var (format, random) = (Formats.All.First(f => f.ToString() == name), new Random(3));
        var layer = LayerFinder.Find(Linear).Linear.Single();
        float[] bias = [.. Enumerable.Range(0, layer.OutFeatures).Select(_ => random.NextSingle())];
        var dense = new RoundedLayer.Dense(layer, new Candidate.Dense(format), OneLayer.RandomMatrix(layer.OutFeatures, layer.InFeatures, format, random), bias);
        var pair = new RoundedLayer.LowRank(
            layer, new Candidate.LowRank(16, format, format), OneLayer.RandomMatrix(layer.OutFeatures, 16, format, random), OneLayer.RandomMatrix(16, layer.InFeatures, format, random), bias);
        SurvivesReading(Linear, dense);
        SurvivesReading(Linear, pair);
    }

    [Fact]
    public void Mixed_rows_kernels_and_constants_come_back_to_the_bit()
    {
        var random = new Random(4);
        WeightFormat Format(BitWidth bits) => new(bits, Granularity.Group(32), Symmetry.Symmetric);
        SurvivesReading(Linear, OneLayer.RandomMixed(LayerFinder.Find(Linear).Linear.Single(), Format(BitWidth.Two), Format(BitWidth.Four), 7, random));

        var kernel = LayerFinder.Find(Convolution).Layers.OfType<ConvolutionLayer>().Single();
        var matrix = OneLayer.RandomMatrix(kernel.Rows, kernel.Columns, Format(BitWidth.Three), random);
        SurvivesReading(Convolution, new RoundedLayer.Kernel(kernel, new Candidate.Dense(Format(BitWidth.Three)), matrix));
        foreach (var candidate in (Candidate[])[new Candidate.Single(), new Candidate.Half(), new Candidate.Rows8()])
        {
            SurvivesReading(Convolution, new RoundedLayer.Converted(kernel, candidate));
            var values = Enumerable.Range(0, (int)kernel.Parameters).Select(_ => random.NextSingle() - 0.5f).ToArray();
            SurvivesReading(Convolution, new RoundedLayer.Converted(kernel, candidate) { Values = Tensor.Of(values.AsSpan(), [.. kernel.Shape]) });
        }
    }

    [Fact]
    public void Records_of_other_layers_are_refused()
    {
        var layer = LayerFinder.Find(Linear).Linear.Single();
        var bytes = Bytes(w => LayerRecords.Write(w, [new RoundedLayer.Converted(layer, new Candidate.Single())]));
        Assert.Throws<InvalidDataException>(() => LayerRecords.Read(Reader(bytes), [layer with { TensorName = "other" }]));
        Assert.Throws<InvalidDataException>(() => LayerRecords.Read(Reader(bytes), [layer, layer]));
        Assert.Throws<InvalidDataException>(() => LayerRecords.ReadArray(Reader(Bytes(w => LayerRecords.WriteArray(w, (float[])[1, 2]))), new float[3]));
    }

    [Fact]
    public void A_plan_comes_back_with_its_numbers_and_the_layers_that_were_rounded()
    {
        var (random, layers) = (new Random(5), LayerFinder.Find(Linear).Layers);
        var formats = Formats.All.ToList();
        var format = formats[3];
        Candidate[] kinds = [new Candidate.Dense(format), new Candidate.MixedRows(formats[0], format, 5), new Candidate.LowRank(24, format, formats[1]), new Candidate.Single(), new Candidate.Half(), new Candidate.Rows8()];
        foreach (var kind in kinds)
        {
            var choices = layers.Select(l => new Choice(l, new ScoredCandidate(kind, random.Next(), random.NextDouble())
            {
                Rounded = l is LinearLayer linear && kind is Candidate.Dense dense
                    ? new RoundedLayer.Dense(linear, dense, OneLayer.RandomMatrix(linear.OutFeatures, linear.InFeatures, format, random), [])
                    : null,
            }, random.NextDouble(), random.NextDouble())).ToList();
            var plan = new CompressionPlan(choices, 12_345, 12_000, 0.123, 1e-9);
            var bytes = Bytes(w => PlanRecords.Write(w, plan));
            var read = PlanRecords.Read(Reader(bytes), layers);

            Assert.Equal(plan with { Choices = [] }, read with { Choices = [] });
            Assert.Equal(plan.Hash, read.Hash);
            Assert.Equal(choices.Select(c => c with { Candidate = c.Candidate with { Rounded = null } }), read.Choices.Select(c => c with { Candidate = c.Candidate with { Rounded = null } }));
            Assert.Equal(choices.Select(c => c.Candidate.Rounded is null), read.Choices.Select(c => c.Candidate.Rounded is null));
            Assert.Equal(bytes, Bytes(w => PlanRecords.Write(w, read)));
        }
    }

    internal static byte[] Bytes(Action<BinaryWriter> write)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        write(writer);
        writer.Flush();
        return stream.ToArray();
    }

    internal static BinaryReader Reader(byte[] bytes) => new(new MemoryStream(bytes));

    // What is compared is independent of the records: the values that the layer stands for, and its candidate.
    private static void SurvivesReading(Model model, RoundedLayer layer)
    {
        var bytes = Bytes(w => LayerRecords.Write(w, [layer]));
        var read = LayerRecords.Read(Reader(bytes), [layer.Layer])[0];
        Assert.Equal(layer.GetType(), read.GetType());
        Assert.Equal(layer.Candidate, read.Candidate);
        var (before, after) = (SimulatedWeights.Values(model, layer).ToList(), SimulatedWeights.Values(model, read).ToList());
        Assert.Equal(before.Select(v => v.Name), after.Select(v => v.Name));
        foreach (var (one, other) in before.Zip(after)) Assert.Equal(one.Value.Bytes.ToArray(), other.Value.Bytes.ToArray());
        Assert.Equal(bytes, Bytes(w => LayerRecords.Write(w, [read])));
    }
}
