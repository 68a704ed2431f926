using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Mlorq.Timing;

/// <summary>The JSON form of a <see cref="KernelTable"/>; docs/kernel-table.md describes its fields.</summary>
public static class KernelTableJson
{
    private const string Format = "mlorq-kernels";
    private const int Version = 1;

    private static readonly JsonSerializerOptions Options = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
    };

    /// <summary>Writes a table; equal tables give equal texts.</summary>
    public static string Write(KernelTable table)
    {
        ArgumentNullException.ThrowIfNull(table);
        return JsonSerializer.Serialize(
            new Document(
                Format,
                Version,
                table.Tool,
                table.OnnxRuntime,
                table.Processor,
                table.Threads,
                table.Batch,
                [.. table.Models.Select(m => new ModelRow(RuntimeNames.Of(m.Runtime), m.Stored, m.Time.Microseconds, m.Time.P10, m.Time.P90))],
                [.. table.Layers.Select(l => new LayerRow(l.Name, [.. l.Products.Select(RowOf)]))],
                [.. table.Products.Select(p => new TimeRow(RowOf(p.Shape), p.Form.Name, p.Form.Rank, p.Time.Microseconds, p.Time.P10, p.Time.P90))]),
            Options) + "\n";
    }

    /// <summary>Reads a table.</summary>
    /// <param name="json">The text.</param>
    /// <param name="subject">What it is called in messages, such as the file's name.</param>
    /// <exception cref="KernelTableException">It is no table, or one of another version; the message says what is wrong where.</exception>
    public static KernelTable Read(string json, string subject)
    {
        ArgumentNullException.ThrowIfNull(json);
        try
        {
            EnsureVersion(json, subject);
            return TableOf(JsonSerializer.Deserialize<Document>(json, Options)!, subject);
        }
        catch (JsonException e)
        {
            throw new KernelTableException($"{subject} is no table of kernel times: {e.Message.TrimEnd('.')}. `mlorq bench kernels` writes one.", e);
        }
        catch (InvalidOperationException e)
        {
            // Half of a surrogate pair, which JSON can write and no text can hold.
            throw new KernelTableException($"{subject} has characters that are no text: {e.Message.TrimEnd('.')}. `mlorq bench kernels` writes a table.", e);
        }
    }

    /// <summary>Reads a file.</summary>
    /// <exception cref="KernelTableException">It cannot be read, or is no table.</exception>
    public static KernelTable Load(string path)
    {
        try
        {
            return Read(File.ReadAllText(path), $"'{path}'");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new KernelTableException($"The table of kernel times '{path}' cannot be read: {e.Message.TrimEnd('.')}.", e);
        }
    }

    // Before anything else, so that a table of another version is not called damaged.
    private static void EnsureVersion(string json, string subject)
    {
        using var document = JsonDocument.Parse(json);
        var root = document.RootElement;
        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("format", out var format) || format.ValueKind != JsonValueKind.String || format.GetString() != Format)
            throw new KernelTableException($"{subject} is no table of kernel times: its field 'format' is not '{Format}'. `mlorq bench kernels` writes one.");
        if (!root.TryGetProperty("version", out var version) || version.ValueKind != JsonValueKind.Number || !version.TryGetInt32(out var number) || number != Version)
            throw new KernelTableException($"{subject} is a table of kernel times of version {(root.TryGetProperty("version", out var other) ? other.ToString() : "none")}, and this version of Mlorq reads version {Version}. Measure again with `mlorq bench kernels`.");
    }

    private static KernelTable TableOf(Document d, string subject)
    {
        var faults = new List<string>();
        if (d.Threads < 1) faults.Add($"threads is {d.Threads}");
        if (d.Batch < 1) faults.Add($"batch is {d.Batch}");
        faults.AddRange(d.Models.Where(m => !(m.Microseconds > 0 && double.IsFinite(m.Microseconds))).Select(m => $"the model stored as {m.Stored} takes {m.Microseconds} microseconds"));
        faults.AddRange(d.Products.Where(p => !(p.Microseconds >= 0 && double.IsFinite(p.Microseconds))).Select(p => $"the product {ShapeOf(p.Product)} in {p.Form} takes {p.Microseconds} microseconds"));
        faults.AddRange(d.Products.GroupBy(p => (p.Product, p.Form, p.Rank)).Where(g => g.Count() > 1).Select(g => $"the product {ShapeOf(g.Key.Product)} in {g.Key.Form} is there {g.Count()} times"));
        faults.AddRange(d.Layers.GroupBy(l => l.Name).Where(g => g.Count() > 1).Select(g => $"the layer '{g.Key}' is there {g.Count()} times"));
        faults.AddRange(d.Models.Where(m => RuntimeNames.Find(m.Runtime) is null).Select(m => $"the runtime profile '{m.Runtime}' is not known"));
        if (faults.Count > 0) throw new KernelTableException($"{subject} is not a valid table of kernel times: {string.Join("; ", faults)}. Measure again with `mlorq bench kernels`.");
        return new KernelTable
        {
            Tool = d.Tool,
            OnnxRuntime = d.OnnxRuntime,
            Processor = d.Processor,
            Threads = d.Threads,
            Batch = d.Batch,
            Models = [.. d.Models.Select(m => new ModelTime(RuntimeNames.Find(m.Runtime)!.Value, m.Stored, new MeasuredTime(m.Microseconds, m.P10, m.P90)))],
            Layers = [.. d.Layers.Select(l => new LayerProducts(l.Name, [.. l.Products.Select(ShapeOf)]))],
            Products = [.. d.Products.Select(p => new ProductTime(ShapeOf(p.Product), new KernelForm(p.Form, p.Rank), new MeasuredTime(p.Microseconds, p.P10, p.P90)))],
        };
    }

    private static ProductRow RowOf(ProductShape shape) => new(shape.Rows, shape.InFeatures, shape.OutFeatures, shape.Axes, shape.HasBias);

    private static ProductShape ShapeOf(ProductRow row) => new(row.Rows, row.In, row.Out, row.Axes, row.Bias);

    private sealed record Document(
        string Format,
        int Version,
        string Tool,
        string OnnxRuntime,
        string Processor,
        int Threads,
        int Batch,
        IReadOnlyList<ModelRow> Models,
        IReadOnlyList<LayerRow> Layers,
        IReadOnlyList<TimeRow> Products);

    private sealed record ModelRow(string Runtime, string Stored, double Microseconds, double P10, double P90);

    private sealed record LayerRow(string Name, IReadOnlyList<ProductRow> Products);

    private sealed record ProductRow(long Rows, int In, int Out, int Axes, bool Bias);

    private sealed record TimeRow(ProductRow Product, string Form, int Rank, double Microseconds, double P10, double P90);
}
