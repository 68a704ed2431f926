using Mlorq.InterLayer;
using Mlorq.Layers;
using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Passes;
using Mlorq.Onnx.Tests;
using Mlorq.Quantization;
using Mlorq.Rounding;
using Mlorq.Statistics;
using Mlorq.Tests.Resuming;

namespace Mlorq.Tests.Statistics;

public class StatisticsTests
{
    private const int Samples = 10;
    private const int Tokens = 3;
    private const int Width = 32;

    private static readonly Model Tiny = Canonicalize.Apply(new GraphBuilder()
        .Input("x", null, Tokens, Width).Weight("w1", Width, 48).Weight("b", 48).Weight("w2", 48, Width).Output("y")
        .Node("MatMul", "x,w1", "p").Node("Add", "p,b", "h").Node("Relu", "h", "r").Node("MatMul", "r,w2", "y").Build());

    // Two layers that read the same, one that is used twice, and one that no output depends on.
    private static readonly Model Several = Canonicalize.Apply(new GraphBuilder()
        .Input("x", null, Tokens, Width).Weight("w1", Width, 48).Weight("w2", Width, 48).Weight("w3", 48, 48).Weight("w4", 48, Width).Output("y").Output("shape", ElementType.Int64)
        .Node("MatMul", "x,w1", "p").Node("MatMul", "x,w2", "q").Node("Mul", "p,q", "h").Node("MatMul", "h,w3", "r").Node("Relu", "r", "s").Node("MatMul", "s,w3", "t")
        .Node("MatMul", "t,w4", "u").Node("Shape", "u", "shape").Node("Tanh", "t", "y").Build());

    private static readonly Tensor Inputs = RandomInputs.Floats(new Random(5), Samples, Tokens, Width);

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(10)]
    [InlineData(64)]
    public void Moments_are_those_of_the_inputs_themselves(int batchSize)
    {
        var sums = StatisticsCollector.Sum(Tiny, [.. LayerFinder.Find(Tiny).Linear], Calibration(batchSize), new RunSettings { Threads = 2 });

        var (first, second) = (Inputs.Floats.ToArray(), HiddenRows());
        Check(sums["x"], first, Width);
        Check(sums["r"], second, 48);
    }

    [Fact]
    public void Moments_are_the_same_for_any_number_of_threads()
    {
        var one = StatisticsCollector.Sum(Tiny, [.. LayerFinder.Find(Tiny).Linear], Calibration(3), new RunSettings { Threads = 1 });
        var two = StatisticsCollector.Sum(Tiny, [.. LayerFinder.Find(Tiny).Linear], Calibration(3), new RunSettings { Threads = 2 });
        foreach (var (name, sums) in one)
        {
            Assert.Equal(sums.First, two[name].First);
            Assert.Equal(sums.Second.Even.Values, two[name].Second.Even.Values);
            Assert.Equal(sums.Second.Odd.Values, two[name].Second.Odd.Values);
        }
    }

    [Fact]
    public void A_shared_weight_has_the_moments_of_all_its_inputs()
    {
        var model = Canonicalize.Apply(new GraphBuilder().Input("x", null, Tokens, Width).Weight("w", Width, Width).Output("y")
            .Node("MatMul", "x,w", "h").Node("Relu", "h", "r").Node("MatMul", "r,w", "y").Build());
        var layers = LayerFinder.Find(model);
        var statistics = LayerStatistics.Collect(model, layers, Calibration(4), null, ErrorWeighting.InputMoments, new NearestRounding(), new RunSettings());

        var hidden = Judge.Run(WithOutput(model, "r"), new Dictionary<string, Tensor> { ["x"] = Inputs })[^1];
        var kept = statistics.Inputs.Of(layers.Linear.Single());
        var (mean, second) = Direct([.. Inputs.Floats, .. hidden.Floats], Width);
        TestKit.Close.EqualInNorm(mean, kept.Mean, 1e-6);
        TestKit.Close.EqualInNorm(second, kept.Second.Read().ToMatrix().Values, 1e-6);
    }

    [Theory]
    [InlineData(ErrorWeighting.InputMoments)]
    [InlineData(ErrorWeighting.TokenMomentsAndOutputs)]
    [InlineData(ErrorWeighting.DiagonalHessian)]
    public void Layers_in_groups_for_the_memory_limit_have_what_they_have_together(ErrorWeighting weighting)
    {
        var layers = LayerFinder.Find(Several);
        Assert.Equal(4, layers.Linear.Count());
        var gradients = SampleGradients.Of(Several, layers, Calibration(3), new GradientOptions(), new RunSettings());
        var heard = new Listener(int.MaxValue);

        var (alone, together) = (Collect(1, heard), Collect(2_000_000_000, null));

        // The two that read the same are one group.
        Assert.Equal(3, heard.Events.Count(e => e is { Step: CompressionStep.Statistics, Done: 1 }));
        foreach (var layer in layers.Linear)
        {
            Assert.Equal(together.FitOf(layer), alone.FitOf(layer));
            TestKit.Close.EqualInNorm(together.MetricOf(layer).Moments.Values, alone.MetricOf(layer).Moments.Values, 1e-6);
            TestKit.Close.EqualInNorm(together.RowMetricOf(layer)?.Moments.Values ?? [], alone.RowMetricOf(layer)?.Moments.Values ?? [], 1e-5);
            foreach (var values in (Func<ErrorMetric, float[]?>[])[m => m.Rows, m => m.Elements?.Values])
            {
                var (expected, actual) = (values(together.MetricOf(layer)) ?? [], values(alone.MetricOf(layer)) ?? []);
                TestKit.Close.EqualInNorm(Array.ConvertAll(expected, v => (double)v), Array.ConvertAll(actual, v => (double)v), 1e-5);
            }
        }

        LayerStatistics Collect(long memory, IProgress<CompressionEvent>? progress) =>
            LayerStatistics.Collect(Several, layers, Calibration(3), gradients, weighting, new NearestRounding(), new RunSettings { MemoryLimit = memory, Progress = progress });
    }

    [Fact]
    public void Inputs_that_are_no_numbers_are_an_error()
    {
        var values = Inputs.Floats.ToArray();
        values[7] = float.NaN;
        var calibration = CalibrationSet.Of(new Dictionary<string, Tensor> { ["x"] = Tensor.Of(values, Samples, Tokens, Width) }, 4);
        var error = Assert.Throws<CalibrationException>(() => StatisticsCollector.Sum(Tiny, [.. LayerFinder.Find(Tiny).Linear], calibration, new RunSettings()));
        Assert.Equal("The calibration inputs make 'x' NaN or infinite. Check the preprocessing (mean, std, pixel range).", error.Message);
    }

    private static CalibrationSet Calibration(int batchSize) => CalibrationSet.Of(new Dictionary<string, Tensor> { ["x"] = Inputs }, batchSize);

    private static float[] HiddenRows()
    {
        var (x, w) = (new Mlorq.Numerics.Matrix<float>(Samples * Tokens, Width, Inputs.Floats.ToArray()), Tiny.Graph.Initializer("w1")!);
        var product = x.ToMathNet() * new Mlorq.Numerics.Matrix<float>(Width, 48, w.Floats.ToArray()).ToMathNet();
        var bias = Tiny.Graph.Initializer("b")!.Floats.ToArray();
        return [.. product.ToRowMajorArray().Select((v, i) => (float)Math.Max(0, v + bias[i % 48]))];
    }

    private static (double[] Mean, double[] Second) Direct(float[] rows, int width)
    {
        var count = rows.Length / width;
        var (mean, second) = (new double[width], new double[width * width]);
        for (var r = 0; r < count; r++)
        {
            for (var i = 0; i < width; i++)
            {
                mean[i] += rows[(r * width) + i] / (double)count;
                for (var j = 0; j < width; j++) second[(i * width) + j] += (double)rows[(r * width) + i] * rows[(r * width) + j] / count;
            }
        }

        return (mean, second);
    }

    private static void Check(InputSums actual, float[] rows, int width)
    {
        var (mean, second) = Direct(rows, width);
        Assert.Equal(rows.Length / width, actual.Count);
        TestKit.Close.EqualInNorm(mean, actual.Moments().Mean, 1e-6);
        TestKit.Close.EqualInNorm(second, actual.Moments().Second.Read().ToMatrix().Values, 1e-6);
    }

    private static Model WithOutput(Model model, string name)
    {
        var editor = model.Edit();
        editor.AddOutput(name, ElementType.Float);
        return editor.ToModel();
    }
}
