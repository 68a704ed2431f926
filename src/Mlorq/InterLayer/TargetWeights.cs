using Mlorq.Onnx.Graphs;

namespace Mlorq.InterLayer;

/// <summary>What the squared error of each target counts: all targets alike, whatever their size, so that all together make the noise-to-signal.</summary>
internal static class TargetWeights
{
    /// <summary>λ for each target.</summary>
    /// <param name="targets">How many there are.</param>
    /// <param name="samples">How many samples.</param>
    /// <param name="values">The targets' values for a sample; several threads may ask at once.</param>
    /// <param name="run">Threads and cancellation.</param>
    public static double[] Of(int targets, int samples, Func<int, IEnumerable<Tensor>> values, RunSettings run)
    {
        var squares = new double[targets];
        OrderedWork.Run(samples, run, i => values(i).ToList(), (_, of) =>
        {
            for (var t = 0; t < targets; t++) squares[t] += OutputChange.Between([of[t]], [of[t]]).Signal;
        });
        return Array.ConvertAll(squares, s => s > 0 ? samples / (s * targets) : 0);
    }
}
