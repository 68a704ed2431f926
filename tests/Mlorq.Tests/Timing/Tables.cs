using Mlorq.IntraLayer;
using Mlorq.Onnx.Graphs;
using Mlorq.Quantization;
using Mlorq.Timing;

namespace Mlorq.Tests.Timing;

/// <summary>Tables of kernel times that nobody measured.</summary>
internal static class Tables
{
    /// <summary>What everything but the linear layers takes.</summary>
    public const double Rest = 100;

    /// <summary>Packed matrices take their multiplications, at 2 and 8 bits longer, bytes a third of that, and factors what both take.</summary>
    public static KernelTable Of(Model source, IReadOnlyDictionary<string, Tensor> inputs)
    {
        var layers = KernelModels.LayersOf(source, inputs);
        RuntimeProfile[] runtimes = [RuntimeProfile.Memory, RuntimeProfile.Speed];
        var products = layers.SelectMany(l => l.Products).Distinct()
            .SelectMany(shape => KernelModels.Of(shape, runtimes, new CandidateOptions { BitWidths = BitWidth.All }).Forms.Select(f => new ProductTime(shape, f.Form, Time(Microseconds(shape, f.Form)))))
            .ToList();
        var table = new KernelTable
        {
            Tool = "0.0.0",
            OnnxRuntime = "0.0.0",
            Processor = "none",
            Threads = 1,
            Batch = 1,
            Models = [],
            Layers = layers,
            Products = products,
        };
        return table with { Models = [.. runtimes.Select(r => new ModelTime(r, LayerTimes.Plain.ToString(), Time(Rest + Plain(table, r))))] };
    }

    private static double Plain(KernelTable table, RuntimeProfile runtime) => table.Layers.SelectMany(l => l.Products).Sum(shape =>
        table.Products.Single(p => p.Shape == shape && p.Form == KernelForm.Of(shape.InFeatures, new Candidate.Dense(LayerTimes.Plain), runtime)).Time.Microseconds);

    private static double Microseconds(ProductShape shape, KernelForm form)
    {
        var whole = 1e-3 * shape.Rows * shape.InFeatures * shape.OutFeatures;
        return form.Rank == 0 ? whole * Factor(form.Name) : 1e-3 * shape.Rows * form.Rank * (shape.InFeatures + shape.OutFeatures) * Factor(form.Name);
    }

    private static double Factor(string form) => form switch
    {
        _ when form.Contains("bytes", StringComparison.Ordinal) => 0.3,
        _ when form.Contains("b2", StringComparison.Ordinal) || form.Contains("b8", StringComparison.Ordinal) => 1.5,
        _ => 1,
    };

    private static MeasuredTime Time(double microseconds) => new(microseconds, microseconds, microseconds);
}
