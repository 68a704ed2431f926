using Mlorq.InterLayer;
using Mlorq.IntraLayer;
using Mlorq.Layers;
using Mlorq.Onnx.Graphs;
using Mlorq.Onnx.Passes;
using Mlorq.Quantization;
using Mlorq.Rewriting;
using Mlorq.Rounding;
using Mlorq.Statistics;

namespace Mlorq.Tests.InterLayer;

/// <summary>A model with all that sample gradients say about it, and prices computed in the plainest way.</summary>
internal sealed record GradientPricing(
    Model Model, FoundLayers Layers, CalibrationSet Calibration, SampleGradients Gradients, LayerStatistics Statistics, CandidateOptions Candidates)
{
    public static readonly CandidateOptions Few = new()
    {
        BitWidths = [BitWidth.Two, BitWidth.Four],
        Granularities = [Granularity.PerOutputChannel, Granularity.Group(32)],
        FactorBitWidths = [BitWidth.Three, BitWidth.Eight],
    };

    public static GradientPricing Of(Model source, int samples = 24, GradientOptions? options = null, ErrorWeighting weighting = ErrorWeighting.InputMomentsAndRows)
    {
        var model = Canonicalize.Apply(source);
        return Of(model, TinyModels.Calibration(model, samples), options ?? new GradientOptions(), weighting, Few);
    }

    public static GradientPricing Of(Model model, CalibrationSet calibration, GradientOptions options, ErrorWeighting weighting, CandidateOptions candidates)
    {
        var (layers, run) = (LayerFinder.Find(model), new RunSettings { Threads = 2 });
        var gradients = SampleGradients.Of(model, layers, calibration, options, run);
        return new GradientPricing(model, layers, calibration, gradients, LayerStatistics.Collect(model, layers, calibration, gradients, weighting, new NearestRounding(), run), candidates);
    }

    /// <summary>All layers, rounded to the nearest.</summary>
    public IReadOnlyList<TriedLayer> Try() =>
        IntraLayerSearch.Try(Model, Layers.Layers, Statistics, Candidates, new NearestRounding(), new RunSettings { Threads = 2 });

    /// <summary>The gradients of all samples by some tensors.</summary>
    public IReadOnlyList<IReadOnlyDictionary<string, Tensor>> AllGradients(IReadOnlyCollection<string> names)
    {
        using var pass = Gradients.Pass(names);
        return [.. Enumerable.Range(0, Gradients.Count).Select(Copied)];

        IReadOnlyDictionary<string, Tensor> Copied(int index)
        {
            using var lent = pass.Run(index);
            return lent.ByWeight.ToDictionary(g => g.Key, g => new Tensor(g.Value.Type, g.Value.Shape, g.Value.Bytes.ToArray()));
        }
    }

    /// <summary>⟨E, D_s⟩ of every sample for a rounded layer, in double precision; E is the original less what is stored.</summary>
    public double[] Effects(RoundedLayer rounded)
    {
        var names = SimulatedWeights.NamesOf(rounded.Layer).ToList();
        var stored = SimulatedWeights.Values(Model, rounded).ToDictionary(v => v.Name, v => v.Value.Floats.ToArray());
        return [.. AllGradients(names).Select(sample => names
            .Where(stored.ContainsKey)
            .Sum(name => Dot(Model.Graph.Initializer(name)!.Floats.ToArray(), stored[name], sample[name].Floats.ToArray())))];
    }

    /// <summary>The mean of squares and its standard error, by the textbook: the standard deviation with n − 1, over √n.</summary>
    public static Price Textbook(double[] effects)
    {
        var squares = Array.ConvertAll(effects, x => x * x);
        var mean = squares.Average();
        var deviation = Math.Sqrt(squares.Sum(s => (s - mean) * (s - mean)) / (squares.Length - 1));
        return new Price(mean, deviation / Math.Sqrt(squares.Length));
    }

    private static double Dot(float[] original, float[] stored, float[] gradient) =>
        Enumerable.Range(0, original.Length).Sum(i => ((double)original[i] - stored[i]) * gradient[i]);
}
