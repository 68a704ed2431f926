using Mlorq.Layers;
using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Passes;
using Mlorq.Onnx.Tests;
using Mlorq.Statistics;

namespace Mlorq.Tests.Statistics;

public class StatisticsTests
{
    private const int Samples = 10;
    private const int Tokens = 3;
    private const int Width = 32;

    private static readonly Model Tiny = Canonicalize.Apply(new GraphBuilder()
        .Input("x", null, Tokens, Width).Weight("w1", Width, 48).Weight("b", 48).Weight("w2", 48, Width).Output("y")
        .Node("MatMul", "x,w1", "p").Node("Add", "p,b", "h").Node("Relu", "h", "r").Node("MatMul", "r,w2", "y").Build());

    private static readonly Tensor Inputs = RandomInputs.Floats(new Random(5), Samples, Tokens, Width);

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(10)]
    [InlineData(64)]
    public void Moments_are_those_of_the_inputs_themselves(int batchSize)
    {
        var statistics = StatisticsCollector.Collect(Tiny, LayerFinder.Find(Tiny), Calibration(batchSize), new RunSettings { Threads = 2 });

        var (first, second) = (Inputs.Floats.ToArray(), HiddenRows());
        Check(statistics.ByInput["x"], first, Width);
        Check(statistics.ByInput["r"], second, 48);
    }

    [Fact]
    public void Moments_are_the_same_for_any_number_of_threads()
    {
        var one = StatisticsCollector.Collect(Tiny, LayerFinder.Find(Tiny), Calibration(3), new RunSettings { Threads = 1 });
        var two = StatisticsCollector.Collect(Tiny, LayerFinder.Find(Tiny), Calibration(3), new RunSettings { Threads = 2 });
        foreach (var (name, moments) in one.ByInput)
        {
            Assert.Equal(moments.Mean, two.ByInput[name].Mean);
            Assert.Equal(moments.Second.Values, two.ByInput[name].Second.Values);
        }
    }

    [Fact]
    public void A_shared_weight_has_the_moments_of_all_its_inputs()
    {
        var model = Canonicalize.Apply(new GraphBuilder().Input("x", null, Tokens, Width).Weight("w", Width, Width).Output("y")
            .Node("MatMul", "x,w", "h").Node("Relu", "h", "r").Node("MatMul", "r,w", "y").Build());
        var layers = LayerFinder.Find(model);
        var statistics = StatisticsCollector.Collect(model, layers, Calibration(4), new RunSettings());

        var merged = statistics.Of(layers.Linear.Single());

        var hidden = Judge.Run(WithOutput(model, "r"), new Dictionary<string, Tensor> { ["x"] = Inputs })[^1];
        Check(merged, [.. Inputs.Floats, .. hidden.Floats], Width);
    }

    [Fact]
    public void Merging_parts_gives_the_moments_of_the_whole()
    {
        var rows = Inputs.Floats.ToArray();
        var parts = new[] { Direct(rows[..(4 * Width)], Width), Direct(rows[(4 * Width)..(5 * Width)], Width), Direct(rows[(5 * Width)..], Width) };

        var merged = InputMoments.Merge(parts);

        var whole = Direct(rows, Width);
        Assert.Equal(whole.Count, merged.Count);
        TestKit.Close.EqualInNorm(whole.Mean, merged.Mean, 1e-12);
        TestKit.Close.EqualInNorm(whole.Second.Values, merged.Second.Values, 1e-12);
    }

    [Fact]
    public void Inputs_that_are_no_numbers_are_an_error()
    {
        var values = Inputs.Floats.ToArray();
        values[7] = float.NaN;
        var calibration = CalibrationSet.Of(new Dictionary<string, Tensor> { ["x"] = Tensor.Of(values, Samples, Tokens, Width) }, 4);
        var error = Assert.Throws<CalibrationException>(() => StatisticsCollector.Collect(Tiny, LayerFinder.Find(Tiny), calibration, new RunSettings()));
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

    private static InputMoments Direct(float[] rows, int width)
    {
        var count = rows.Length / width;
        var (mean, second) = (new double[width], new Mlorq.Numerics.Matrix<double>(width, width));
        for (var r = 0; r < count; r++)
        {
            for (var i = 0; i < width; i++)
            {
                mean[i] += rows[(r * width) + i] / (double)count;
                for (var j = 0; j < width; j++) second[i, j] += (double)rows[(r * width) + i] * rows[(r * width) + j] / count;
            }
        }

        return new InputMoments(count, mean, second);
    }

    private static void Check(InputMoments actual, float[] rows, int width)
    {
        var expected = Direct(rows, width);
        Assert.Equal(expected.Count, actual.Count);
        TestKit.Close.EqualInNorm(expected.Mean, actual.Mean, 1e-6);
        TestKit.Close.EqualInNorm(expected.Second.Values, actual.Second.Values, 1e-6);
    }

    private static Model WithOutput(Model model, string name)
    {
        var editor = model.Edit();
        editor.AddOutput(name, ElementType.Float);
        return editor.ToModel();
    }
}
