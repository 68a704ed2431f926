using MathNet.Numerics.Statistics;
using Mlorq.Activations;
using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Passes;
using Mlorq.Onnx.Tests;
using Mlorq.TestKit;

namespace Mlorq.Tests.Activations;

public class TensorHistogramTests
{
    [Fact]
    public void Every_value_is_counted_in_its_bin()
    {
        var values = Values.Normal(20_000, seed: 3, outliers: true);

        var histogram = TensorHistogram.Of(values);

        Assert.Equal((values.Min(), values.Max(), values.Length), (histogram.Min, histogram.Max, histogram.Count));
        Assert.InRange(histogram.Counts.Count, TensorHistogram.MostBins / 2, TensorHistogram.MostBins);
        var expected = values.GroupBy(v => Math.Floor(v / histogram.BinWidth)).ToDictionary(g => (g.Key + 0.5) * histogram.BinWidth, g => g.LongCount());
        for (var i = 0; i < histogram.Counts.Count; i++) Assert.Equal(expected.GetValueOrDefault(histogram.Center(i)), histogram.Counts[i]);
    }

    [Fact]
    public void Parts_in_any_order_merge_to_the_histogram_of_all()
    {
        var random = new Random(4);
        for (var round = 0; round < 40; round++)
        {
            // From parts of very different ranges to a single value.
            var parts = Enumerable.Range(0, 1 + random.Next(6))
                .Select(_ => Values.Normal(1 + random.Next(50), random.Next(), scale: Math.Pow(10, (random.NextDouble() * 30) - 20)))
                .ToList();
            var all = TensorHistogram.Of([.. parts.SelectMany(p => p)]);

            var merged = parts.OrderBy(_ => random.Next()).Select(p => TensorHistogram.Of(p)).Aggregate((a, b) => a.Merge(b));

            Same(all, merged);
        }
    }

    [Theory]
    [InlineData(0f)]
    [InlineData(-3f)]
    [InlineData(float.MaxValue)]
    [InlineData(float.MinValue)]
    [InlineData(float.Epsilon)]
    [InlineData(-float.Epsilon)]
    public void A_single_value_is_a_single_bin_and_merges_with_others(float value)
    {
        var one = TensorHistogram.Of([value, value]);
        Assert.Equal([2L], one.Counts);
        Assert.Equal(value, one.Quantile(0.5));
        Same(TensorHistogram.Of([value, value, -7, 5]), one.Merge(TensorHistogram.Of([-7, 5])));
    }

    [Fact]
    public void The_whole_range_of_single_precision_fits()
    {
        var histogram = TensorHistogram.Of([float.MinValue, -1, float.MaxValue]);
        Assert.Equal(3, histogram.Counts.Sum());
        Assert.True(histogram.Counts.Count <= TensorHistogram.MostBins);
    }

    [Fact]
    public void Quantiles_are_those_of_the_values_to_within_a_bin()
    {
        var values = Values.Normal(50_000, seed: 9);
        var histogram = TensorHistogram.Of(values);
        Assert.Equal(((double)values.Min(), (double)values.Max()), (histogram.Quantile(0), histogram.Quantile(1)));
        foreach (var share in new[] { 0.001, 0.01, 0.25, 0.5, 0.9, 0.999 })
            Assert.Equal(values.Select(v => (double)v).QuantileCustom(share, QuantileDefinition.EmpiricalInvCDF), histogram.Quantile(share), histogram.BinWidth);
    }

    [Fact]
    public void Values_that_are_not_finite_and_no_values_are_refused()
    {
        Assert.Throws<ArgumentException>(() => TensorHistogram.Of([]));
        Assert.Throws<ArgumentException>(() => TensorHistogram.Of([1, float.NaN]));
        Assert.Throws<ArgumentException>(() => TensorHistogram.Of([1, float.PositiveInfinity]));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 7)]
    [InlineData(3, 24)]
    public void A_model_is_collected_alike_for_any_threads_and_batches(int threads, int batchSize)
    {
        var model = Canonicalize.Apply(TinyModels.TwoLayers().Build());
        var (inputs, calibration) = (RandomInputs.For(model, 24, seed: 11), TinyModels.Calibration(model, 24, batchSize));

        var statistics = ActivationStatistics.Collect(model, ["x", "r", "r"], calibration, new RunSettings { Threads = threads });
        var channels = ActivationStatistics.CollectChannels(model, ["r"], calibration, new RunSettings { Threads = threads });

        var hidden = Judge.Run(Exposing(model, "r"), inputs)[^1];
        Assert.Equal(["x", "r"], statistics.Histograms.Keys);
        Assert.Equal(24, statistics.Samples);
        Same(TensorHistogram.Of(inputs["x"].Floats), statistics.Histograms["x"]);
        Assert.Equal(hidden.Count, statistics.Histograms["r"].Count);
        var columns = Enumerable.Range(0, 96).Select(c => Enumerable.Range(0, 24).Select(s => hidden.Floats[(s * 96) + c]).ToList()).ToList();
        Close.Equal([.. columns.Select(c => c.Max())], [.. channels["r"].Highest], 1e-5, 1e-6);
        Close.Equal([.. columns.Select(c => c.Min())], [.. channels["r"].Lowest], 1e-5, 1e-6);
        Assert.Equal(["r"], channels.Keys);
    }

    [Fact]
    public void Calibration_that_gives_no_number_is_told()
    {
        var model = Canonicalize.Apply(TinyModels.TwoLayers().Build());
        var inputs = new Dictionary<string, Tensor> { ["x"] = Tensor.Of([.. Enumerable.Repeat(float.NaN, TinyModels.Width)], 1, TinyModels.Width) };
        var error = Assert.Throws<CalibrationException>(() => ActivationStatistics.Collect(model, ["r"], CalibrationSet.Of(inputs, 1), new RunSettings()));
        Assert.Equal("The calibration inputs make 'r' NaN or infinite. Check the preprocessing (mean, std, pixel range).", error.Message);
    }

    private static Model Exposing(Model model, string value)
    {
        var editor = model.Edit();
        editor.ExposeOutputs([value]);
        return editor.ToModel();
    }

    private static void Same(TensorHistogram expected, TensorHistogram actual)
    {
        Assert.Equal((expected.Min, expected.Max, expected.Count, expected.BinWidth), (actual.Min, actual.Max, actual.Count, actual.BinWidth));
        Assert.Equal(expected.Counts, actual.Counts);
        Assert.Equal(expected.Center(0), actual.Center(0));
    }
}
