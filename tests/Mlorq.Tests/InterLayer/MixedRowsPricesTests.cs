using Mlorq.InterLayer;
using Mlorq.IntraLayer;
using Mlorq.Layers;
using Mlorq.TestKit;

namespace Mlorq.Tests.InterLayer;

public class MixedRowsPricesTests
{
    // Rows that share matrices are summed in single precision, row by row.
    private const double Rounding = 1e-4;

    // Text has a layer without a bias.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Candidates_that_share_matrices_cost_what_each_does_on_its_own(bool text)
    {
        var priced = GradientPricing.Of((text ? TinyModels.Text() : TinyModels.TwoLayers()).Build());
        foreach (var tried in priced.Try().Where(t => t.Layer is LinearLayer))
        {
            var mixed = tried.Candidates.Where(c => c.Candidate is Candidate.MixedRows).ToList();
            Assert.True(mixed.Count > 2);
            // One without the candidates that have its matrices for all rows, as where a compressed model is priced again.
            var (all, alone) = (Prices(priced, tried.Layer, tried.Candidates), Prices(priced, tried.Layer, [mixed[^1]]));
            foreach (var (candidate, price) in tried.Candidates.Zip(all).Where(c => mixed.Contains(c.First)))
            {
                var expected = GradientPricing.Textbook(priced.Effects(candidate.Rounded!));
                Close.Equal([expected.NoiseToSignal, expected.StandardError], [price.NoiseToSignal, price.StandardError], Rounding);
            }

            Assert.Equal(all[tried.Candidates.ToList().IndexOf(mixed[^1])], alone[0]);
        }
    }

    private static IReadOnlyList<Price> Prices(GradientPricing priced, Layer layer, IEnumerable<ScoredCandidate> candidates)
    {
        var errors = new LayerErrors(priced.Model, layer, [.. candidates.Select(c => c.Rounded!)], null);
        GradientStream.Run(priced.Gradients, [errors], new RunSettings { Threads = 2 }, _ => { });
        return errors.Prices(priced.Gradients.Count);
    }
}
