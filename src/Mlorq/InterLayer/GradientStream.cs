using Mlorq.Onnx.Gradients;
using Mlorq.Onnx.Graphs;
using Mlorq.Resuming;

namespace Mlorq.InterLayer;

/// <summary>Lets the gradients of all samples stream past the errors of some layers, a few samples at a time: those are held, the others are not.</summary>
internal static class GradientStream
{
    private const int SamplesAtOnce = 4;

    /// <summary>Runs the stream.</summary>
    /// <param name="gradients">The samples.</param>
    /// <param name="errors">The layers.</param>
    /// <param name="run">Threads, memory and cancellation.</param>
    /// <param name="done">Hears how many more samples are done.</param>
    /// <param name="section">Where the sums are kept in the state of the run; null for nowhere.</param>
    public static void Run(SampleGradients gradients, IReadOnlyList<LayerErrors> errors, RunSettings run, Action<int> done, string? section = null)
    {
        var wanted = errors.Where(e => !e.IsEmpty).ToList();
        if (wanted.Count == 0) return;
        var records = new StreamRecords(wanted, section is null ? null : run.State, section);
        if (records.Done > 0) done(records.Done);
        if (records.Done == gradients.Count) return;
        using var pass = gradients.Pass([.. wanted.SelectMany(e => e.Names)]);
        var chunk = LayerGroups.SamplesAtOnce(wanted.Sum(e => e.Length), SamplesAtOnce, run.MemoryLimit);
        for (var first = records.Done; first < gradients.Count; first += chunk)
        {
            var lent = new List<ProjectedGradient>();
            var start = first;
            OrderedWork.Run(Math.Min(chunk, gradients.Count - first), run, s => pass.Run(start + s), (_, gradient) => lent.Add(gradient));
            List<IReadOnlyDictionary<string, Tensor>> samples = [.. lent.Select(g => g.ByWeight)];
            OrderedWork.Each(wanted.Count, run, i => wanted[i].Add(start, samples));
            foreach (var gradient in lent) gradient.Dispose();
            done(samples.Count);
            records.Keep(first + samples.Count);
        }
    }
}
