using Mlorq.Cli.Display;
using Mlorq.Cli.Inputs;
using Mlorq.Onnx;
using Mlorq.Onnx.Execution;
using Mlorq.Onnx.Graphs;
using Mlorq.Vision;

namespace Mlorq.Cli;

/// <summary>A model to be measured.</summary>
/// <param name="Path">Its file.</param>
/// <param name="SizeInBytes">Size of the file and of those with its weights.</param>
/// <param name="Inputs">What it declares.</param>
internal sealed record BenchmarkSubject(string Path, long SizeInBytes, IReadOnlyList<ValueInfo> Inputs)
{
    /// <summary>Reads what must be known beforehand; the weights are let go again.</summary>
    public static BenchmarkSubject Read(string path) => Of(path, OnnxReader.Read(path));

    /// <summary>The same of a model that was read.</summary>
    public static BenchmarkSubject Of(string path, Model model) => new(path, model.Files.Sum(Length), model.Graph.Inputs);

    // Of the file that a link leads to, not of the link.
    private static long Length(string path)
    {
        using var file = File.OpenHandle(path);
        return RandomAccess.GetLength(file);
    }
}

/// <summary>A model as it was measured at one batch.</summary>
/// <param name="Batch">Inputs at once.</param>
/// <param name="Inputs">What it was fed.</param>
/// <param name="Times">Of its runs.</param>
/// <param name="Memory">Resident memory that it adds to a process; null where it could not be measured.</param>
internal sealed record BenchmarkedBatch(int Batch, IReadOnlyList<GeneratedInput> Inputs, RunTimes Times, ResidentMemory? Memory)
{
    public double InputsPerSecond => Batch / Times.Median.TotalSeconds;
}

/// <summary>A model as it was measured.</summary>
/// <param name="Model">The model.</param>
/// <param name="Batches">The figures at each batch.</param>
internal sealed record BenchmarkedModel(BenchmarkSubject Model, IReadOnlyList<BenchmarkedBatch> Batches);

/// <summary>How long is measured.</summary>
/// <param name="MostRuns">Runs of each model at each batch.</param>
/// <param name="Longest">Time for each model at each batch, after which only the fewest runs are still done.</param>
internal sealed record BenchmarkLimits(int MostRuns, TimeSpan Longest);

/// <summary>Speed, size and memory of models that take turns, on generated inputs.</summary>
/// <param name="Threads">Threads of each run.</param>
/// <param name="Models">The models in the order given; ratios are to the first.</param>
internal sealed record Benchmark(int Threads, IReadOnlyList<BenchmarkedModel> Models)
{
    private const ulong Seed = 1;

    /// <summary>Measures while the progress is shown.</summary>
    /// <param name="terminal">Where the progress goes.</param>
    /// <param name="models">The models.</param>
    /// <param name="batches">For each batch the inputs of each model.</param>
    /// <param name="limits">How long.</param>
    /// <param name="threads">Threads of each run.</param>
    /// <exception cref="ModelRunException">A model cannot be loaded, or does not run with these inputs.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static Benchmark Run(
        Terminal terminal,
        IReadOnlyList<BenchmarkSubject> models,
        IReadOnlyList<(int Batch, IReadOnlyList<IReadOnlyList<GeneratedInput>> Models)> batches,
        BenchmarkLimits limits,
        int threads) => StepProgress.Show(terminal, progress =>
        {
            using var sessions = new Sessions(terminal.Cancellation);
            for (var m = 0; m < models.Count; m++)
            {
                sessions.Load(models[m].Path, threads, batches.Select(b => b.Models[m]));
                progress.Report("Loading models", m + 1, models.Count);
            }

            var memory = batches.Select((b, done) => models.Select((model, m) =>
            {
                var growth = ResidentMemory.InChildProcess(model.Path, b.Models[m], threads, terminal.Cancellation);
                progress.Report("Measuring memory", (done * models.Count) + m + 1, batches.Count * models.Count);
                return growth;
            }).ToList()).ToList();
            var times = batches.Select((b, done) =>
            {
                var taken = Latency.Measure([.. b.Models.Select(sessions.RunOf)], limits.MostRuns, limits.Longest * models.Count, terminal.Cancellation);
                progress.Report("Measuring latency", done + 1, batches.Count);
                return taken;
            }).ToList();
            return new Benchmark(threads, [.. models.Select((model, m) => new BenchmarkedModel(
                model, [.. batches.Select((b, i) => new BenchmarkedBatch(b.Batch, b.Models[m], times[i][m], memory[i][m]))]))]);
        });

    /// <summary>The models while they are measured.</summary>
    private sealed class Sessions(CancellationToken cancellation) : IDisposable
    {
        private readonly List<ModelRunner> _runners = [];

        /// <summary>Loads the next model and sees whether it runs, before anything is measured.</summary>
        public void Load(string path, int threads, IEnumerable<IReadOnlyList<GeneratedInput>> batches)
        {
            cancellation.ThrowIfCancellationRequested();
            _runners.Add(ModelRunner.LoadFile(path, threads));
            foreach (var inputs in batches)
            {
                try
                {
                    RunOf(inputs, _runners.Count - 1)();
                }
                catch (ModelRunException e)
                {
                    throw new ModelRunException($"'{path}' does not run with {string.Join("; ", inputs)}. {e.Message.Trim().TrimEnd('.')}. --shape and --ids change what it is fed.", e);
                }
            }
        }

        public Action RunOf(IReadOnlyList<GeneratedInput> inputs, int model)
        {
            var tensors = GeneratedInput.CreateAll(inputs, Seed);
            return () => _runners[model].RunCancellable(tensors, cancellation);
        }

        public void Dispose() => _runners.ForEach(r => r.Dispose());
    }
}
