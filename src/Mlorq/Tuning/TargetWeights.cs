using Mlorq.InterLayer;

namespace Mlorq.Tuning;

/// <summary>What the squared error of each target counts: all targets alike, whatever their size, so that all together make the noise-to-signal.</summary>
internal static class TargetWeights
{
    public static Dictionary<string, double> Of(IReadOnlyList<string> targets, ITrainingSamples samples, RunSettings run)
    {
        var squares = new double[targets.Count];
        OrderedWork.Run(samples.Count, run, i => samples.Get(i, null).Wanted, (_, wanted) =>
        {
            for (var t = 0; t < targets.Count; t++) squares[t] += OutputChange.Between([wanted[targets[t]]], [wanted[targets[t]]]).Signal / samples.Count;
        });
        return targets.Select((t, i) => (Target: t, Weight: squares[i] > 0 ? 1 / (squares[i] * targets.Count) : 0)).ToDictionary(t => t.Target, t => t.Weight);
    }
}
