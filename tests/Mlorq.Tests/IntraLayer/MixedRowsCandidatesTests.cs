using Mlorq.IntraLayer;
using Mlorq.Layers;
using Mlorq.Numerics;
using Mlorq.Onnx;
using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Passes;
using Mlorq.Quantization;
using Mlorq.Rewriting;
using Mlorq.Rounding;
using Mlorq.Statistics;

namespace Mlorq.Tests.IntraLayer;

public class MixedRowsCandidatesTests
{
    private static readonly CandidateOptions Options = new() { BitWidths = [BitWidth.Two, BitWidth.Three, BitWidth.Four], Granularities = [Granularity.PerOutputChannel, Granularity.Group(32)] };

    [Fact]
    public void Wide_rows_are_those_whose_error_falls_most()
    {
        var rounding = Rounding();
        var offered = Offered(rounding, Options);
        Assert.InRange(offered.Count, 3, 24);
        var (w, c, q) = (rounding.Weight.ToMathNet(), rounding.Metric.Moments.ToMathNet(), rounding.Metric.Rows!);
        foreach (var candidate in offered)
        {
            var mixed = (RoundedLayer.MixedRows)candidate.Rounded!;
            double[] Errors(QuantizedMatrix m)
            {
                var e = w - m.Dequantize().ToMathNet();
                return [.. (e * c).PointwiseMultiply(e).RowSums().Select((s, i) => s * q[i])];
            }

            var (low, high) = (Errors(mixed.Low), Errors(mixed.High));
            var gains = low.Zip(high, (l, h) => l - h).ToArray();
            Assert.Equal(mixed.Choice.HighRows, mixed.IsHigh.Count(h => h));
            Assert.True(gains.Where((_, i) => mixed.IsHigh[i]).Min() >= gains.Where((_, i) => !mixed.IsHigh[i]).Max() - 1e-6);
            var error = gains.Select((_, i) => mixed.IsHigh[i] ? high[i] : low[i]).Sum();
            Assert.Equal(error, candidate.LocalError, 1e-4 * error);
            Assert.Equal(candidate.SizeInBytes, ModelRewriter.SizeInBytes(rounding.Layer, candidate.Candidate));
        }
    }

    [Fact]
    public void A_candidate_that_is_rounded_again_is_the_same()
    {
        var rounding = Rounding();
        foreach (var candidate in Offered(rounding, Options))
        {
            var (kept, again) = ((RoundedLayer.MixedRows)candidate.Rounded!, rounding.Round((Candidate.MixedRows)candidate.Candidate));
            Assert.Equal(kept.IsHigh, again.IsHigh);
            Assert.Equal(kept.Dequantize().Values, again.Dequantize().Values);
            Assert.Equal(kept.Bias, again.Bias);
        }
    }

    [Fact]
    public void Switched_off_or_without_the_widths_there_are_none()
    {
        var rounding = Rounding();
        Assert.Empty(Offered(rounding, Options with { MixedRows = false }));
        Assert.Empty(Offered(rounding, Options with { BitWidths = [BitWidth.Two, BitWidth.Six, BitWidth.Eight] }));
    }

    // The scales of wide rows are stored up to four times as large as they are; half precision ends at 65,504.
    [Fact]
    public void Candidates_whose_larger_scales_half_precision_cannot_hold_are_not_offered()
    {
        static WeightFormat Low(ScoredCandidate c) => ((Candidate.MixedRows)c.Candidate).Low;
        static bool IsPair24(ScoredCandidate c) => ((Candidate.MixedRows)c.Candidate).High.BitWidth.Bits - Low(c).BitWidth.Bits == 2;
        Assert.Contains(Offered(Rounding(), Options), c => Low(c).Granularity.IsPerOutputChannel && IsPair24(c));
        var large = Offered(Rounding(scale: 8e4f), Options);
        Assert.DoesNotContain(large, c => Low(c).Granularity.IsPerOutputChannel && IsPair24(c));
        Assert.NotEmpty(large);
        foreach (var candidate in large)
        {
            var scales = MixedRowsFragment.Values((RoundedLayer.MixedRows)candidate.Rounded!).First(v => v.Name.EndsWith("row_scale", StringComparison.Ordinal)).Value;
            Assert.All(scales.Halves.ToArray(), v => Assert.True(Half.IsFinite(v)));
        }
    }

    [Fact]
    public void Plans_use_them_where_they_win_and_give_the_same_bytes_for_any_number_of_threads()
    {
        var source = Model();
        var calibration = TinyModels.Calibration(source);
        var options = TinyModels.Bytes(60_000) with { Candidates = Options with { FactorBitWidths = [] } };
        CompressionResult Compress(int threads) => Compressor.Compress(source, calibration, options, new RunSettings { Threads = threads });

        var result = Compress(1);
        Assert.Contains(result.Plan.Choices, c => c.Candidate.Candidate is Candidate.MixedRows);
        Assert.Equal(OnnxWriter.ToBytes(result.Model), OnnxWriter.ToBytes(Compress(2).Model));
        using var folder = new TestKit.TemporaryFolder();
        CompressedFile.Write(result, folder.File("mixed.onnx"), calibration, new RunSettings());

        var uniform = Compressor.Compress(source, calibration, options with { Allocation = Allocation.Uniform }, new RunSettings { Threads = 2 });
        Assert.DoesNotContain(uniform.Plan.Choices, c => c.Candidate.Candidate is Candidate.MixedRows);
        Assert.True(result.Plan.NoiseToSignal < uniform.Plan.NoiseToSignal);
    }

    private static IReadOnlyList<ScoredCandidate> Offered(LayerRounding rounding, CandidateOptions options) =>
        MixedRowsCandidates.Of(rounding, [.. DenseCandidates.Of(rounding, options)], options);

    // Rows of very different size, as outputs that matter more than others.
    private static LayerRounding Rounding(float scale = 1)
    {
        var (rows, columns) = (50, 96);
        var weight = Matrices.Weights(rows, columns, 3);
        for (var i = 0; i < rows; i++)
        {
            foreach (ref var value in weight.Row(i)) value *= scale * (1 + (i % 7));
        }

        var model = Canonicalize.Apply(new Onnx.Tests.GraphBuilder().Input("x", null, columns).Constant("w", Tensor.Of(weight.Transpose().Values.AsSpan(), columns, rows)).Weight("b", rows).Output("y")
            .Node("MatMul", "x,w", "p").Node("Add", "p,b", "y").Build());
        var layer = LayerFinder.Find(model).Linear.Single();
        var moments = new KeptMoments([.. Enumerable.Range(0, columns).Select(i => i / 100.0)], new KeptMatrix(SymmetricMatrix<float>.OfLower(Matrices.Moments(columns, 4))));
        var gradients = new GradientSquares(new Dictionary<string, double[]> { ["w"] = [.. Enumerable.Range(0, rows).Select(i => 1.0 + (i % 3))] }, new Dictionary<string, KeptMatrix>(), new Dictionary<string, KeptMatrix>(), new Dictionary<string, Matrix<double>>());
        var statistics = new LayerStatistics(ErrorWeighting.InputMomentsAndRows, new InputStatistics(new Dictionary<string, KeptMoments> { [layer.Uses[0].Input(0)] = moments }), gradients);
        return new LayerRounding(layer, statistics, new CompensatedRounding());
    }

    private static Model Model()
    {
        var rows = Matrices.Weights(256, 256, 7);
        for (var i = 0; i < 256; i++)
        {
            for (var j = 0; j < 256; j++) rows[i, j] *= j % 4 == 0 ? 6 : 1;
        }

        return new Onnx.Tests.GraphBuilder().Input("x", null, 256).Constant("w1", Tensor.Of(rows.Values.AsSpan(), 256, 256)).Weight("b1", 256).Weight("w2", 256, 256).Output("y")
            .Node("MatMul", "x,w1", "p").Node("Add", "p,b1", "h").Node("Relu", "h", "r").Node("MatMul", "r,w2", "y").Build();
    }
}
