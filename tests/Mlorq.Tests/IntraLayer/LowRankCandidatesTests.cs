using Mlorq.IntraLayer;
using Mlorq.Layers;
using Mlorq.Numerics;
using Mlorq.Onnx.Passes;
using Mlorq.Quantization;
using Mlorq.Rounding;
using Mlorq.Statistics;

namespace Mlorq.Tests.IntraLayer;

public class LowRankCandidatesTests
{
    // A weight of rank 1 is exactly what a pair of rank 1 is for; nothing beats it at its size.
    [Fact]
    public void Rank_1_is_a_candidate_like_any_other()
    {
        var (rows, columns, random) = (64, 96, new Random(3));
        var (left, right) = (Enumerable.Range(0, rows).Select(_ => random.NextSingle() - 0.5f).ToArray(), Enumerable.Range(0, columns).Select(_ => random.NextSingle() - 0.5f).ToArray());
        var weight = new float[rows * columns];
        for (var i = 0; i < rows; i++)
        {
            for (var j = 0; j < columns; j++) weight[(i * columns) + j] = left[i] * right[j];
        }

        var model = Canonicalize.Apply(TinyModels.TwoLayers().Constant("w1", Onnx.Graphs.Tensor.Of(weight, rows, columns)).Build());
        var layer = LayerFinder.Find(model).Linear.First(l => l.TensorName == "w1");
        var options = new CandidateOptions { RankStep = 1, FactorBitWidths = [BitWidth.Eight] };

        var moments = new KeptMoments(new double[rows], new KeptMatrix(SymmetricMatrix<float>.OfLower(Matrix<double>.Identity(rows))));
        var statistics = new LayerStatistics(ErrorWeighting.Plain, new InputStatistics(new Dictionary<string, KeptMoments> { [layer.Uses[0].Input(0)] = moments }), null);
        var rounding = new LayerRounding(layer, statistics, new NearestRounding());

        var pairs = FactorPairs.Of(rounding, options)!;
        var hopeful = LowRankCandidates.Hopeful(layer, pairs.Scored(pairs.LocalErrors), []);

        var smallest = LowRankCandidates.Round(hopeful.MinBy(c => c.SizeInBytes)!, rounding);
        Assert.Equal(1, ((Candidate.LowRank)smallest.Candidate).Rank);
        Assert.True(smallest.LocalError < 1e-4 * ErrorMetric.Plain(layer.InFeatures).Energy(layer.ToMatrix()));
    }
}
