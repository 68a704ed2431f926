using Mlorq.IntraLayer;
using Mlorq.Layers;
using Mlorq.Onnx.Passes;
using Mlorq.Quantization;
using Mlorq.Rounding;

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

        var candidates = LowRankCandidates.Of(layer, ErrorMetric.Plain(layer.InFeatures), options, new NearestRounding(), []);

        var smallest = candidates.MinBy(c => c.SizeInBytes)!;
        Assert.Equal(1, ((Candidate.LowRank)smallest.Candidate).Rank);
        Assert.True(smallest.LocalError < 1e-4 * ErrorMetric.Plain(layer.InFeatures).Energy(layer.Weight));
    }
}
