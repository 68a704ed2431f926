namespace Mlorq.Timing;

/// <summary>A measured time in microseconds.</summary>
/// <param name="Microseconds">The median.</param>
/// <param name="P10">What a tenth of the runs stayed below.</param>
/// <param name="P90">What nine tenths of the runs stayed below.</param>
public readonly record struct MeasuredTime(double Microseconds, double P10, double P90);

/// <summary>The time of one product.</summary>
/// <param name="Shape">Its size.</param>
/// <param name="Form">What W is stored as when the file is loaded.</param>
/// <param name="Time">The time, calls and copies around it taken off.</param>
public sealed record ProductTime(ProductShape Shape, KernelForm Form, MeasuredTime Time);

/// <summary>The products that a linear layer of the model makes.</summary>
/// <param name="Name">The layer's short name.</param>
/// <param name="Products">One for each of its uses.</param>
public sealed record LayerProducts(string Name, IReadOnlyList<ProductShape> Products);

/// <summary>How long the measured model itself takes with all of its linear layers stored in one way.</summary>
/// <param name="Runtime">The profile of the file.</param>
/// <param name="Stored">How: <c>fp32</c>, which is the model as it was given, or a low-bit format such as <c>q4</c>.</param>
/// <param name="Time">One run.</param>
public sealed record ModelTime(RuntimeProfile Runtime, string Stored, MeasuredTime Time);

/// <summary>What products and a model take on one machine.</summary>
public sealed record KernelTable
{
    /// <summary>The version of Mlorq that measured.</summary>
    public required string Tool { get; init; }

    /// <summary>The version of ONNX Runtime.</summary>
    public required string OnnxRuntime { get; init; }

    /// <summary>The processor's name.</summary>
    public required string Processor { get; init; }

    /// <summary>Threads of each run.</summary>
    public required int Threads { get; init; }

    /// <summary>Inputs at once.</summary>
    public required int Batch { get; init; }

    /// <summary>The model's own times.</summary>
    public required IReadOnlyList<ModelTime> Models { get; init; }

    /// <summary>The model's linear layers.</summary>
    public required IReadOnlyList<LayerProducts> Layers { get; init; }

    /// <summary>The times of products.</summary>
    public required IReadOnlyList<ProductTime> Products { get; init; }

    /// <summary>16 hexadecimal digits of a hash over all of it: what plans and files name the table by.</summary>
    public string Hash => ShortHash.Of(KernelTableJson.Write(this));
}
