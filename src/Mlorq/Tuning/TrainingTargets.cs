using Mlorq.InterLayer;
using Mlorq.Onnx.Graphs;

namespace Mlorq.Tuning;

/// <summary>What the squared error of each target counts, by its name, see <see cref="TargetWeights"/>.</summary>
internal static class TrainingTargets
{
    public static Dictionary<string, double> Weights(IReadOnlyList<string> targets, ITrainingSamples samples, RunSettings run)
    {
        return targets.Zip(TargetWeights.Of(targets.Count, samples.Count, i => Values(samples.Get(i, null).Wanted), run)).ToDictionary(pair => pair.First, pair => pair.Second);

        IEnumerable<Tensor> Values(IReadOnlyDictionary<string, Tensor> wanted) => targets.Select(t => wanted[t]);
    }
}
