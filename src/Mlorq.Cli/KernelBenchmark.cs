using Microsoft.ML.OnnxRuntime;
using Mlorq.Cli.Display;
using Mlorq.Cli.Inputs;
using Mlorq.Onnx;
using Mlorq.Onnx.Execution;
using Mlorq.Onnx.Graphs;
using Mlorq.Timing;
using Mlorq.Vision;

namespace Mlorq.Cli;

/// <summary>Measures the times of a model's products in every form, and its own, on this machine.</summary>
/// <param name="terminal">Where the progress goes.</param>
/// <param name="threads">Threads of each run.</param>
/// <param name="limits">How long each model is timed.</param>
internal sealed class KernelBenchmark(Terminal terminal, int threads, BenchmarkLimits limits)
{
    private const ulong Seed = 1;

    // Whatever a compression may be asked to try.
    private static readonly CandidateOptions AllForms = new() { BitWidths = Quantization.BitWidth.All };

    // All of a prediction rests on the model's own times, so they are taken of more runs than a product's.
    private const int ModelRuns = 4;

    /// <summary>Measures while the progress is shown.</summary>
    /// <param name="model">The model.</param>
    /// <param name="inputs">What it is fed.</param>
    /// <param name="batch">Inputs at once.</param>
    /// <param name="runtimes">The profiles to measure.</param>
    /// <exception cref="ModelRunException">The model cannot be loaded, or does not run with these inputs.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public KernelTable Run(Model model, IReadOnlyList<GeneratedInput> inputs, int batch, IReadOnlyList<RuntimeProfile> runtimes) => StepProgress.Show(terminal, progress =>
    {
        var tensors = GeneratedInput.CreateAll(inputs, Seed);
        var layers = KernelModels.LayersOf(model, tensors);
        var models = Models(model, tensors, runtimes);
        progress.Report("Measuring the model", 1, 1);
        var shapes = layers.SelectMany(l => l.Products).Distinct().ToList();
        var products = shapes.SelectMany((shape, done) =>
        {
            var times = Products(KernelModels.Of(shape, runtimes, AllForms));
            progress.Report("Measuring products", done + 1, shapes.Count);
            return times;
        }).ToList();
        return new KernelTable
        {
            Tool = typeof(Compressor).Assembly.GetName().Version!.ToString(3),
            OnnxRuntime = OrtEnv.Instance().GetVersionString(),
            Processor = Processor.Name,
            Threads = threads,
            Batch = batch,
            Models = models,
            Layers = layers,
            Products = products,
        };
    });

    private List<ModelTime> Models(Model model, IReadOnlyDictionary<string, Tensor> inputs, IReadOnlyList<RuntimeProfile> runtimes)
    {
        List<(RuntimeProfile Runtime, string Stored, Model Model)> all =
            [(RuntimeProfile.Memory, "fp32", model), .. runtimes.Select(r => (r, LayerTimes.Plain.ToString(), KernelModels.Plain(model, r)))];
        var times = Timed([.. all.Select(m => m.Model)], inputs, ModelRuns);
        return [.. all.Zip(times, (m, t) => new ModelTime(m.Runtime, m.Stored, Time(t, 0, 1)))];
    }

    private List<ProductTime> Products(TimedForms forms)
    {
        var models = forms.Forms.ToList();
        var times = Timed([forms.Empty, .. models.Select(m => m.Model)], forms.Input, 1);
        var empty = times[0].Median.TotalMicroseconds;
        return [.. models.Select((m, i) => new ProductTime(forms.Shape, m.Form, Time(times[i + 1], empty, forms.Copies)))];
    }

    // The models take turns, so that a busy moment of the machine meets all of them.
    private IReadOnlyList<RunTimes> Timed(IReadOnlyList<Model> models, IReadOnlyDictionary<string, Tensor> inputs, int times)
    {
        var runners = new List<ModelRunner>();
        try
        {
            foreach (var model in models)
            {
                terminal.Cancellation.ThrowIfCancellationRequested();
                runners.Add(ModelRunner.Load(model, threads, asWritten: false));
            }

            return Latency.Measure([.. runners.Select(r => (Action)(() => r.RunCancellable(inputs, terminal.Cancellation)))], limits.MostRuns * times, limits.Longest * models.Count * times, terminal.Cancellation);
        }
        finally
        {
            runners.ForEach(r => r.Dispose());
        }
    }

    private static MeasuredTime Time(RunTimes times, double empty, int copies)
    {
        return new MeasuredTime(Of(0.5), Of(0.1), Of(0.9));

        // More digits than these are noise.
        double Of(double probability) => Math.Round(Math.Max(0, (times.Quantile(probability).TotalMicroseconds - empty) / copies), 1);
    }
}
